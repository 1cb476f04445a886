-- Devices that signed in before. `failures` and `next_at` count the tries made there, as sign_in_attempt does for
-- tries from anywhere: a stranger's tries can't make the owner wait.
CREATE TABLE known_device (
  token_hash bytea PRIMARY KEY,
  subject_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  failures integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX ON known_device USING brin (last_used_at);
CALL lethe.personal('known_device');
COMMENT ON COLUMN known_device.token_hash IS 'SHA-256 of the token that the device got';

ALTER TABLE session
  ADD COLUMN failures integer NOT NULL DEFAULT 0,
  ADD COLUMN next_at timestamptz NOT NULL DEFAULT '-infinity';

-- Wrong passwords, known address or not, until a job has told their owners.
CREATE TABLE failed_sign_in (
  failure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  address_hash bytea NOT NULL,
  ip text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON failed_sign_in (address_hash);
COMMENT ON COLUMN failed_sign_in.address_hash IS 'as in confirmed_address';
