-- A trial is a license without an order, until somebody buys it; it is one as long as its end is this.
ALTER TABLE license ALTER COLUMN order_id DROP NOT NULL, ADD trial_until timestamptz,
  ADD CHECK (order_id IS NOT NULL OR trial_until IS NOT NULL);
CREATE INDEX tried ON license (subject_id, product) WHERE trial_until IS NOT NULL;

-- One trial per product and person, and per device: keyed hashes of product and mailbox, or of product and fingerprint, and of the
-- license that may have it. They outlive an erasure, for 12 months; without the key outside the database nobody is known by them.
CREATE TABLE trial_mark (
  mark bytea PRIMARY KEY,
  holder bytea NOT NULL,
  keep_until date NOT NULL
);
CREATE INDEX ON trial_mark (keep_until);
