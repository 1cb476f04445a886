-- The machine of cases/machine.py, as data: what it does not know is refused whoever writes it.
CREATE TABLE case_transition (
  kind text NOT NULL,
  before text NOT NULL, -- '': the case is opened
  after text NOT NULL,
  actor text NOT NULL,
  PRIMARY KEY (kind, before, after)
);
INSERT INTO case_transition (kind, before, after, actor) VALUES
  ('erasure', '', 'waiting', 'person'),
  ('erasure', 'waiting', 'ordered', 'clock'),
  ('erasure', 'waiting', 'withdrawn', 'person'),
  ('erasure', 'ordered', 'closed', 'participants'),
  ('erasure', 'ordered', 'failed', 'participants'),
  ('erasure', 'closed', 'failed', 'participants'),
  ('erasure', 'failed', 'ordered', 'clock');

-- What happened to a case, by whom and why: it is only added to, and ends with the case.
CREATE TABLE case_event (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  before text NOT NULL,
  after text NOT NULL,
  reason text NOT NULL DEFAULT ''
);
CREATE INDEX ON case_event (case_id);

CREATE FUNCTION lethe.note_case_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  earlier text := CASE TG_OP WHEN 'UPDATE' THEN OLD.state ELSE '' END;
  acting text := (SELECT actor FROM case_transition WHERE kind = NEW.kind AND before = earlier AND after = NEW.state);
BEGIN
  IF acting IS NULL THEN
    RAISE EXCEPTION 'a case does not go from % to %', earlier, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'case_transition', TABLE = 'privacy_case';
  END IF;
  INSERT INTO case_event (case_id, actor, before, after) VALUES (NEW.case_id, acting, earlier, NEW.state);
  RETURN NULL;
END $$;
CREATE TRIGGER opened AFTER INSERT ON privacy_case FOR EACH ROW EXECUTE FUNCTION lethe.note_case_event();
CREATE TRIGGER went_on AFTER UPDATE OF state ON privacy_case FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION lethe.note_case_event();

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON case_event FROM %I', app);
  EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON case_transition FROM %I', app);
END $$;
