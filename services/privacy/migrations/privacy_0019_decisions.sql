-- What the desk adds to the machines of cases/machine.py: nothing starts before it is certain who asks.
INSERT INTO case_transition (kind, before, after, actor)
SELECT kind, before, after, actor FROM unnest(ARRAY['access', 'portability']) AS kind, (VALUES
  ('', 'identity pending', 'staff'),
  ('identity pending', 'gathering', 'officer'),
  ('gathering', 'identity pending', 'officer'),
  ('ready', 'identity pending', 'officer'),
  ('identity pending', 'refused', 'officer'),
  ('gathering', 'refused', 'officer'),
  ('ready', 'refused', 'officer'),
  ('identity pending', 'withdrawn', 'person'),
  ('identity pending', 'closed', 'participants')
) AS step (before, after, actor);
INSERT INTO case_transition (kind, before, after, actor) VALUES
  ('erasure', '', 'identity pending', 'staff'),
  ('erasure', 'identity pending', 'waiting', 'officer'),
  ('erasure', 'waiting', 'identity pending', 'officer'),
  ('erasure', 'identity pending', 'refused', 'officer'),
  ('erasure', 'waiting', 'refused', 'officer'),
  ('erasure', 'identity pending', 'withdrawn', 'person'),
  ('restriction', '', 'identity pending', 'staff'),
  ('restriction', 'identity pending', 'applying', 'officer'),
  ('restriction', 'identity pending', 'refused', 'officer'),
  ('restriction', 'applying', 'refused', 'officer'),
  ('restriction', 'identity pending', 'withdrawn', 'person'),
  ('restriction', 'identity pending', 'ended', 'participants');

-- The desk's letters as they were issued: kept with the case, and sent while it has an address.
CREATE TABLE case_letter (
  letter_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  kind text NOT NULL,
  title text NOT NULL,
  text text NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  tries smallint NOT NULL DEFAULT 0,
  ending text,
  ended_at timestamptz
);
CALL lethe.kept('case_letter');
CREATE INDEX ON case_letter (case_id);
CREATE INDEX waiting ON case_letter (due_at) WHERE ending IS NULL;

-- What was refused and by which ground, per category; an empty one is the whole request.
CREATE TABLE case_refusal (
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  category text NOT NULL,
  subject_id uuid NOT NULL,
  ground text NOT NULL,
  kept_until date,
  PRIMARY KEY (case_id, category)
);
CALL lethe.kept('case_refusal');

-- No case is refused without its letter, whoever writes it (GDPR Art. 12(4)).
CREATE FUNCTION lethe.refused_by_letter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM case_refusal r JOIN case_letter l USING (case_id)
      WHERE r.case_id = NEW.case_id AND l.kind = 'refusal') THEN
    RAISE EXCEPTION 'a case is refused by a letter, on a ground'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'refused_by_letter', TABLE = 'privacy_case';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refused_by_letter BEFORE UPDATE OF state ON privacy_case FOR EACH ROW
  WHEN (NEW.state = 'refused' AND OLD.state <> 'refused') EXECUTE FUNCTION lethe.refused_by_letter();

-- One alarm per case and day, one digest a day.
ALTER TABLE privacy_case ADD COLUMN alarmed_on date;
CREATE TABLE desk_digest (
  day date PRIMARY KEY,
  due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  tries smallint NOT NULL DEFAULT 0,
  ended_at timestamptz
);
