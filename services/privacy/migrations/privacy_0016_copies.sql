-- Access (GDPR Art. 15) and portability (Art. 20): how their cases go. What is gathered anew was lost or damaged.
INSERT INTO case_transition (kind, before, after, actor)
SELECT kind, before, after, actor FROM unnest(ARRAY['access', 'portability']) AS kind, (VALUES
  ('', 'gathering', 'person'),
  ('gathering', 'ready', 'participants'),
  ('gathering', 'withdrawn', 'person'),
  ('gathering', 'closed', 'participants'),
  ('ready', 'gathering', 'clock'),
  ('ready', 'withdrawn', 'person'),
  ('ready', 'closed', 'clock')
) AS step (before, after, actor);
CREATE INDEX copies ON privacy_case (run_at) WHERE state IN ('gathering', 'ready');

-- Which letters and codes there are is what their words say: each right brings its own.
ALTER TABLE privacy_case DROP CONSTRAINT IF EXISTS privacy_case_letter_check;
ALTER TABLE unconfirmed_request DROP CONSTRAINT IF EXISTS unconfirmed_request_kind_check;

-- What one participant tells for one copy, and how far it is. `reached` is sealed like what was told: the place in a
-- table may say something about the person.
CREATE TABLE copy_part (
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  service text NOT NULL,
  subject_id uuid NOT NULL,
  subjects uuid[] NOT NULL,
  reached bytea,
  pages integer NOT NULL DEFAULT 0,
  chunks integer NOT NULL DEFAULT 0,
  rows integer NOT NULL DEFAULT 0,
  done_at timestamptz,
  attempts smallint NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (case_id, service)
);
CALL lethe.personal('copy_part');
CREATE INDEX ON copy_part (next_try_at) WHERE done_at IS NULL;

-- The package: a page that holds anything to a chunk, each encrypted with the copy's own key and bound to its place.
CREATE TABLE copy_chunk (
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  service text NOT NULL,
  number integer NOT NULL,
  subject_id uuid NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (case_id, service, number)
);
ALTER TABLE copy_chunk ALTER COLUMN sealed SET STORAGE EXTERNAL; -- it does not compress
CALL lethe.personal('copy_chunk');

-- The copies' keys, sealed by the keyring. Unlogged: no key stands in the WAL, in a replica or in a backup, so that a
-- destroyed one is gone everywhere. A crash of PostgreSQL empties the table: those copies are gathered once more.
CREATE UNLOGGED TABLE copy_key (
  case_id uuid PRIMARY KEY REFERENCES privacy_case ON DELETE CASCADE,
  subject_id uuid NOT NULL,
  sealed_key bytea NOT NULL
);
CALL lethe.personal('copy_key');
