CREATE TABLE staff (
  staff_id uuid PRIMARY KEY,
  email text NOT NULL,
  roles text[] NOT NULL CHECK (cardinality(roles) > 0),
  password_hash text,
  sealed_secret bytea,
  last_step bigint NOT NULL DEFAULT 0,
  invited_at timestamptz NOT NULL DEFAULT now(),
  invitation_hash bytea UNIQUE,
  invited_until timestamptz,
  enrolled_at timestamptz,
  failures integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE UNIQUE INDEX staff_of_address ON staff (lower(email));
COMMENT ON COLUMN staff.last_step IS 'the newest time step (RFC 6238) whose code was used: none is good twice';
COMMENT ON COLUMN staff.enrolled_at IS 'since when password and second factor are proved; null while invited';

CREATE TABLE staff_recovery_code (
  staff_id uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
  code_hash bytea NOT NULL,
  PRIMARY KEY (staff_id, code_hash)
);

CREATE TABLE staff_session (
  session_id uuid PRIMARY KEY,
  staff_id uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX staff_session_of_staff ON staff_session (staff_id);

CREATE TABLE audit (
  entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  staff_id uuid,
  act text NOT NULL,
  about jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_age ON audit (at);
COMMENT ON COLUMN audit.staff_id IS 'who acted; null for a command on the vendor''s machine';

-- What is written stays as it is until its age ends it; the working role can't choose what ends.
CREATE FUNCTION end_old_audit() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  WITH ended AS (DELETE FROM audit WHERE at < now() - interval '6 years' RETURNING 1) SELECT count(*) FROM ended
$$;

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM %I', app);
END $$;
