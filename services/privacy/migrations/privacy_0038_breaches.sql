-- Every breach is recorded (GDPR Art. 33(5)), with the facts, what a human judged, and what was told to whom. No person
-- is named; a breach is kept, as the register of processing is.
CREATE TABLE breach (
  breach_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  aware_at timestamptz NOT NULL CHECK (aware_at <= recorded_at + interval '1 minute'),
  natures text[] NOT NULL CHECK (cardinality(natures) > 0),
  categories text[] NOT NULL CHECK (cardinality(categories) > 0),
  people integer CHECK (people >= 0),
  records integer CHECK (records >= 0),
  was_sealed boolean NOT NULL,
  facts text NOT NULL,
  risk text CHECK (risk IN ('unlikely', 'risk', 'high')),
  reported_at timestamptz CHECK (reported_at >= aware_at),
  is_complete boolean NOT NULL DEFAULT false CHECK (NOT is_complete OR reported_at IS NOT NULL),
  people_told text,
  CONSTRAINT only_what_was_judged_is_reported CHECK (reported_at IS NULL OR risk IN ('risk', 'high'))
);
CREATE TABLE breach_event (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  breach_id uuid NOT NULL REFERENCES breach,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by uuid NOT NULL,
  step text NOT NULL,
  said text NOT NULL
);
CREATE INDEX ON breach_event (breach_id);
CALL lethe.evidence('breach_event', '{event_id}', 'breach_id', '{event_id,breach_id,at,by,step,said}');

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE DELETE, TRUNCATE ON breach FROM %I', app);
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON breach_event FROM %I', app);
END $$;
