-- Two more machines of cases/machine.py.
INSERT INTO case_transition (kind, before, after, actor) VALUES
  ('restriction', '', 'applying', 'person'),
  ('restriction', 'applying', 'in force', 'participants'),
  ('restriction', 'in force', 'ending', 'officer'),
  ('restriction', 'ending', 'lifted', 'officer'),
  ('restriction', 'applying', 'withdrawn', 'person'),
  ('restriction', 'in force', 'withdrawn', 'person'),
  ('restriction', 'ending', 'withdrawn', 'person'),
  ('restriction', 'applying', 'ended', 'participants'),
  ('restriction', 'in force', 'ended', 'participants'),
  ('restriction', 'ending', 'ended', 'participants'),
  ('marketing-objection', '', 'applying', 'person'),
  ('marketing-objection', 'applying', 'closed', 'participants'),
  ('marketing-objection', 'applying', 'ended', 'participants');

-- Which letters there are is what the code has words for. A restriction has a ground (GDPR Art. 18(1)), and is not
-- lifted before the notice of Art. 18(3) has left.
ALTER TABLE privacy_case DROP CONSTRAINT IF EXISTS privacy_case_letter_check,
  ADD COLUMN ground text,
  ADD COLUMN notified_at timestamptz,
  ADD CONSTRAINT restricted_on_a_ground CHECK (CASE kind WHEN 'restriction' THEN ground IS NOT NULL AND ground IN
    ('accuracy contested', 'unlawful processing', 'needed for claims', 'objection pending') ELSE ground IS NULL END),
  ADD CONSTRAINT lifted_after_its_notice CHECK (state <> 'lifted' OR notified_at IS NOT NULL);

-- What a case forbids, for each id of its person: by which version of `permission`, whom that was asked to confirm, who has.
-- Several cases may hold one ruling: it is lifted when the last block of it has ended.
CREATE TABLE block (
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  subject_id uuid NOT NULL,
  purpose text NOT NULL,
  version bigint NOT NULL,
  asked text[] NOT NULL,
  confirmed text[] NOT NULL DEFAULT '{}',
  complete boolean NOT NULL GENERATED ALWAYS AS (confirmed @> asked) STORED,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reminders integer NOT NULL DEFAULT 0,
  ended_at timestamptz,
  PRIMARY KEY (case_id, subject_id, purpose)
);
CALL lethe.personal('block');
CREATE INDEX unconfirmed ON block (asked_at) WHERE NOT complete AND ended_at IS NULL;

-- A transition may have a reason, as whoever makes it says in its transaction.
CREATE OR REPLACE FUNCTION lethe.note_case_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  earlier text := CASE TG_OP WHEN 'UPDATE' THEN OLD.state ELSE '' END;
  acting text := (SELECT actor FROM case_transition WHERE kind = NEW.kind AND before = earlier AND after = NEW.state);
BEGIN
  IF acting IS NULL THEN
    RAISE EXCEPTION 'a case does not go from % to %', earlier, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'case_transition', TABLE = 'privacy_case';
  END IF;
  INSERT INTO case_event (case_id, actor, before, after, reason)
  VALUES (NEW.case_id, acting, earlier, NEW.state, coalesce(current_setting('lethe.reason', true), ''));
  RETURN NULL;
END $$;
