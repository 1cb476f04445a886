-- Who left, when and why: an act that stays as it was written, also when the service has come back.
CREATE TABLE participant_departure (
  departure_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  service text NOT NULL,
  left_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text NOT NULL CHECK (reason <> '')
);
-- By which departure the answer of a participant is awaited no more.
ALTER TABLE order_participant ADD COLUMN departure_id uuid REFERENCES participant_departure;

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON participant_departure FROM %I', app);
END $$;
