-- What retention runs did in every service: class, count, cut-off, what was kept past its day and by what.
CREATE TABLE retention_evidence (
  service text NOT NULL,
  run_id uuid NOT NULL,
  as_of date NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  whole boolean NOT NULL,
  purges jsonb NOT NULL,
  PRIMARY KEY (service, run_id)
);
CREATE INDEX ON retention_evidence (ended_at);
INSERT INTO evidence_source VALUES
  ('retention_evidence', '{service,run_id}', 'run_id', '{service,run_id,as_of,started_at,ended_at,whole,purges}');
CREATE TRIGGER to_evidence AFTER INSERT ON retention_evidence REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION lethe.note_evidence();
CREATE TRIGGER ended_evidence AFTER DELETE ON retention_evidence REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION lethe.end_evidence();

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, TRUNCATE ON retention_evidence FROM %I', app);
END $$;
