-- Which of the staff did it, as whoever makes a transition says in its transaction; NULL: a person, a service, the clock.
ALTER TABLE case_event ADD COLUMN by uuid;
CREATE OR REPLACE FUNCTION lethe.note_case_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  earlier text := CASE TG_OP WHEN 'UPDATE' THEN OLD.state ELSE '' END;
  acting text := (SELECT actor FROM case_transition WHERE kind = NEW.kind AND before = earlier AND after = NEW.state);
BEGIN
  IF acting IS NULL THEN
    RAISE EXCEPTION 'a case does not go from % to %', earlier, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'case_transition', TABLE = 'privacy_case';
  END IF;
  INSERT INTO case_event (case_id, actor, before, after, reason, by)
  VALUES (NEW.case_id, acting, earlier, NEW.state, coalesce(current_setting('lethe.reason', true), ''),
    nullif(current_setting('lethe.by', true), '')::uuid);
  RETURN NULL;
END $$;

-- Who sees to a case, and its clock (GDPR Art. 12(3)): for how many days it stood, since when it stands, when it was
-- extended. From these the code computes due_on and target_on.
ALTER TABLE privacy_case
  ADD COLUMN assignee uuid,
  ADD COLUMN asked_on date,
  ADD COLUMN paused_from date,
  ADD COLUMN paused_days integer NOT NULL DEFAULT 0 CHECK (paused_days >= 0),
  ADD COLUMN extended_on date,
  ADD COLUMN extension text CHECK (extension IN ('complexity', 'number')),
  ADD CONSTRAINT extended_for_a_reason CHECK ((extended_on IS NULL) = (extension IS NULL));
CREATE INDEX desk ON privacy_case (due_on, case_id);

-- Every look at somebody's case, with its purpose: of the person, who reads in a copy when and what for (C-579/21).
CREATE TABLE staff_look (
  look_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_id uuid NOT NULL,
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  purpose text NOT NULL,
  by uuid NOT NULL
);
CALL lethe.personal('staff_look');
CREATE INDEX ON staff_look (case_id);

CREATE TABLE case_note (
  note_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by uuid NOT NULL,
  text text NOT NULL
);
CALL lethe.personal('case_note');
CREATE INDEX ON case_note (case_id);
