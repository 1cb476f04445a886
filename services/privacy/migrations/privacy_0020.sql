-- What is kept in spite of its date, why, and who answers for it. Its review date is review_at; what services replicate of
-- it, for each id of the person, stands in the kit's `hold`, here as everywhere.
CREATE TABLE legal_hold (
  hold_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  case_id uuid,
  scope text[] NOT NULL CHECK (cardinality(scope) > 0),
  ground text NOT NULL CHECK (ground IN ('claim against the person', 'claim of the person', 'proceedings', 'tax hold')),
  owner text NOT NULL CHECK (owner <> ''),
  placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  released_at timestamptz
);
CALL lethe.kept('legal_hold');
ALTER TABLE legal_hold ADD CONSTRAINT reviewed_until_released CHECK ((released_at IS NULL) = (review_at IS NOT NULL));

CREATE SEQUENCE hold_version;

-- Who placed, reviewed and released it, and why: it is only added to, and ends with the hold.
CREATE TABLE hold_event (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hold_id uuid NOT NULL REFERENCES legal_hold ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL, -- an officer's id, or the service that asked
  act text NOT NULL CHECK (act IN ('placed', 'reviewed', 'released')),
  reason text NOT NULL CHECK (reason <> ''),
  review_on date
);
CREATE INDEX ON hold_event (hold_id);

-- A person whose erasure waits for a hold is told once of each.
ALTER TABLE privacy_case ADD COLUMN hold_told_at timestamptz;

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON hold_event FROM %I', app);
END $$;
