-- A decision must be found again when nothing else tells whose it was: by a keyed hash of channel and address. Rows of
-- before are hashed, too, as long as somebody knows the address.
ALTER TABLE consent ADD COLUMN notice_version integer,
  ADD COLUMN proof_hash bytea,
  ADD COLUMN hash_due_at timestamptz DEFAULT clock_timestamp();
UPDATE consent SET hash_due_at = NULL WHERE NOT live;
CREATE INDEX consent_proof ON consent (proof_hash) WHERE proof_hash IS NOT NULL;
CREATE INDEX consent_to_hash ON consent (hash_due_at) WHERE hash_due_at IS NOT NULL;
