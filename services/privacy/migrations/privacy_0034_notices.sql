-- The rows of a table are evidence from now on: by what they are known, what they are about, what of them never changes.
CREATE PROCEDURE lethe.evidence(source text, known_by text[], about text, fixed text[]) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO evidence_source VALUES (source, known_by, about, fixed);
  EXECUTE format('CREATE TRIGGER to_evidence AFTER INSERT ON %I REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION lethe.note_evidence()', source);
  EXECUTE format('CREATE TRIGGER ended_evidence AFTER DELETE ON %I REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION lethe.end_evidence()', source);
END $$;

-- A notice is a draft until one of the officers approves it. `approved_digest` covers its text and that of the version
-- which it was compared with: what was approved is the difference that was shown.
CREATE TABLE notice (
  notice_id uuid PRIMARY KEY,
  state text NOT NULL DEFAULT 'drafted' CHECK (state IN ('drafted', 'approved', 'published', 'withdrawn')),
  content text NOT NULL,
  content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
  drafted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  approved_digest text,
  version integer UNIQUE, -- of its publication, also once that is withdrawn
  CONSTRAINT published_with_a_number CHECK (version IS NOT NULL OR state <> 'published'),
  CONSTRAINT approved_by_digest CHECK (approved_digest IS NOT NULL OR state NOT IN ('approved', 'published'))
);
CREATE UNIQUE INDEX one_draft_at_a_time ON notice ((true)) WHERE state IN ('drafted', 'approved');

-- What became of it: evidence. `by` is the random id of one of the staff, or `register` when nobody did it.
CREATE TABLE notice_event (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  notice_id uuid NOT NULL REFERENCES notice,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by text NOT NULL,
  state text NOT NULL,
  digest text NOT NULL,
  reason text NOT NULL DEFAULT '',
  version integer,
  effective_on date
);
CREATE INDEX ON notice_event (notice_id);
CALL lethe.evidence('notice_event', '{event_id}', 'notice_id',
  '{event_id,notice_id,at,by,state,digest,reason,version,effective_on}');

-- Whatever publishes: without an approval of this very text there is no notice.
CREATE FUNCTION lethe.refuse_unapproved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM notice WHERE state = 'approved' AND content_hash = NEW.content_hash) THEN
    RAISE EXCEPTION 'nobody has approved this notice'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'notice_is_approved', TABLE = 'publication';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER notice_is_approved BEFORE INSERT ON publication FOR EACH ROW WHEN (NEW.kind = 'notice')
  EXECUTE FUNCTION lethe.refuse_unapproved();

-- Documents that hold or will hold: a version that was withdrawn before its day stays readable and never holds.
CREATE VIEW standing_publication AS
  SELECT p.* FROM publication p WHERE p.kind <> 'notice'
    OR NOT EXISTS (SELECT FROM notice n WHERE n.version = p.version AND n.state = 'withdrawn');

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE DELETE, TRUNCATE ON notice FROM %I', app);
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON notice_event FROM %I', app);
END $$;
