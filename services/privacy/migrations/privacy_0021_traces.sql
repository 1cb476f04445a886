-- The search for what an erasure left behind. Whose values are sought, and from whom they could not be gathered in time.
CREATE TABLE trace_search (
  case_id uuid PRIMARY KEY REFERENCES privacy_case ON DELETE CASCADE,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  gathered_at timestamptz,
  silent text[] NOT NULL DEFAULT '{}',
  sought integer NOT NULL DEFAULT 0,
  too_short integer NOT NULL DEFAULT 0
);

-- The values themselves, sealed, until everybody has searched. Unlogged: in no WAL, replica or backup. A crash of
-- PostgreSQL empties the table, and the certificate says that nobody searched.
CREATE UNLOGGED TABLE trace_values (
  case_id uuid PRIMARY KEY REFERENCES trace_search ON DELETE CASCADE,
  sealed bytea NOT NULL
);

-- What each participant saw.
CREATE TABLE trace_answer (
  case_id uuid NOT NULL REFERENCES trace_search ON DELETE CASCADE,
  service text NOT NULL,
  done_at timestamptz,
  read bigint NOT NULL DEFAULT 0,
  traces jsonb NOT NULL DEFAULT '[]',
  unread text[] NOT NULL DEFAULT '{}',
  attempts smallint NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (case_id, service)
);
CREATE INDEX ON trace_answer (next_try_at) WHERE done_at IS NULL;
