-- What staff did, in every service: identity's audit is read by administrators, this is what nobody can change unseen.
CREATE TABLE staff_act (
  act_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  service text NOT NULL,
  staff_id uuid NOT NULL,
  act text NOT NULL,
  about jsonb NOT NULL
);
CREATE INDEX ON staff_act (at);
INSERT INTO evidence_source VALUES ('staff_act', '{act_id}', 'act', '{act_id,at,service,staff_id,act,about}');
CREATE TRIGGER to_evidence AFTER INSERT ON staff_act REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION lethe.note_evidence();
CREATE TRIGGER ended_evidence AFTER DELETE ON staff_act REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION lethe.end_evidence();

-- What is written stays as it is until its age ends it; the working role can't choose what ends.
CREATE FUNCTION lethe.end_old_staff_acts() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  WITH ended AS (DELETE FROM staff_act WHERE at < now() - interval '6 years' RETURNING 1) SELECT count(*) FROM ended
$$;

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON staff_act FROM %I', app);
END $$;
