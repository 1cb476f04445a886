-- ── People ──────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE account (
  subject_id uuid PRIMARY KEY,
  email text NOT NULL,
  full_name text NOT NULL,
  street text NOT NULL DEFAULT '',
  postal_code text NOT NULL DEFAULT '',
  city text NOT NULL DEFAULT '',
  country text NOT NULL DEFAULT 'PL',
  phone text NOT NULL DEFAULT '',
  kind text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'sole trader', 'company')),
  company text NOT NULL DEFAULT '',
  nip text NOT NULL DEFAULT '',
  language text NOT NULL DEFAULT 'pl' CHECK (language IN ('pl', 'en')),
  created_at timestamptz NOT NULL DEFAULT now()
);
CALL lethe.personal('account');

-- Whose confirmed address this is: HMAC-SHA-256 under a key outside the database.
CREATE TABLE confirmed_address (
  address_hash bytea PRIMARY KEY,
  subject_id uuid NOT NULL,
  confirmed_at timestamptz NOT NULL DEFAULT now()
);
CALL lethe.personal('confirmed_address');

-- Ids that support found to be one person; `person` names the group.
CREATE TABLE linked_person (
  subject_id uuid PRIMARY KEY,
  person uuid NOT NULL,
  linked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON linked_person (person);
CALL lethe.personal('linked_person');

-- ── Access ──────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE credential (
  subject_id uuid PRIMARY KEY,
  password_hash text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CALL lethe.personal('credential');

CREATE TABLE session (
  session_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  authenticated_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  device text NOT NULL DEFAULT ''
);
CALL lethe.personal('session');

CREATE TABLE password_reset (
  token_hash bytea PRIMARY KEY,
  subject_id uuid NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CALL lethe.personal('password_reset');

CREATE TABLE activity (
  activity_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject_id uuid NOT NULL,
  what text NOT NULL,
  ip text NOT NULL DEFAULT '',
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON activity USING brin (at);
CALL lethe.personal('activity');

-- ── Service mail ────────────────────────────────────────────────────────────────────────────────
-- `next_try_at` is also the lease of who sends it: a sender that dies leaves it to the next.
CREATE TABLE service_mail (
  mail_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  template text NOT NULL,
  facts jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz,
  refused_at timestamptz
);
CREATE INDEX ON service_mail (next_try_at) WHERE sent_at IS NULL AND refused_at IS NULL;
CREATE INDEX ON service_mail USING brin (created_at);
CALL lethe.personal('service_mail');

-- ── Not yet anybody ─────────────────────────────────────────────────────────────────────────────
-- Sign-ups whose address is not proved: no subject id, 48 hours at most. The mailed code is computed
-- from `nonce` and a key outside the database; it is stored nowhere.
CREATE TABLE sign_up (
  address_hash bytea PRIMARY KEY,
  email text NOT NULL,
  password_hash text NOT NULL,
  full_name text NOT NULL,
  street text NOT NULL,
  postal_code text NOT NULL,
  city text NOT NULL,
  country text NOT NULL,
  phone text NOT NULL,
  kind text NOT NULL,
  company text NOT NULL,
  nip text NOT NULL,
  language text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  nonce uuid NOT NULL,
  code_expires_at timestamptz,
  tries smallint NOT NULL DEFAULT 0,
  mails smallint NOT NULL DEFAULT 1,
  mails_since timestamptz NOT NULL DEFAULT now(),
  mail_due boolean NOT NULL DEFAULT true,
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON sign_up (next_try_at) WHERE mail_due;

-- Tries per address, known or not, by keyed hash; dropped a day after the last.
CREATE TABLE sign_in_attempt (
  address_hash bytea PRIMARY KEY,
  failures integer NOT NULL DEFAULT 1,
  last_at timestamptz NOT NULL DEFAULT now(),
  next_at timestamptz NOT NULL DEFAULT now()
);
