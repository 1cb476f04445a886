-- What a retention run has done so far; what it did in all is evidence, and privacy keeps that.
CREATE TABLE retention_run (
  run_id uuid PRIMARY KEY,
  as_of date NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- when it was last at work
  ended_at timestamptz,
  whole boolean,
  CHECK ((ended_at IS NULL) = (whole IS NULL))
);
CREATE UNIQUE INDEX one_retention_run_at_a_time ON retention_run ((true)) WHERE ended_at IS NULL;
CREATE INDEX ON retention_run (as_of);
CREATE TABLE retention_purge (
  run_id uuid NOT NULL REFERENCES retention_run ON DELETE CASCADE,
  what text NOT NULL, -- the table, and which of its rows
  retention text NOT NULL,
  cut_off date NOT NULL,
  rows bigint NOT NULL DEFAULT 0,
  skips jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (run_id, what)
);

-- A hold says what must stay. Whoever is restricted, be it in the very category of holds, is not to lose by that.
CREATE POLICY asked_before_deleting ON hold FOR SELECT
  USING ((SELECT current_setting('lethe.purpose', true)) = 'retention');
