-- An order may renew a license: which one, since when it counts, and how the license stood before. What its renewals make of a license
-- is counted from these, without those whose money went back. No foreign key: a license may end by its age or by an erasure before its
-- orders do.
ALTER TABLE purchase ADD renews uuid, ADD renewed_at timestamptz, ADD before_end timestamptz, ADD before_edition text,
  ADD before_version integer,
  ADD CHECK ((renewed_at IS NULL) = (before_end IS NULL)), ADD CHECK ((renewed_at IS NULL) = (before_version IS NULL)),
  ADD CHECK ((renewed_at IS NULL) = (before_edition IS NULL)), ADD CHECK (renewed_at IS NULL OR renews IS NOT NULL);
CREATE INDEX ON purchase (renews) WHERE renews IS NOT NULL;
