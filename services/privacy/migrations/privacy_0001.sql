-- Who takes part in every erasure from the next order on, with the data map it announced.
CREATE TABLE participant (
  service text PRIMARY KEY,
  map_version integer NOT NULL,
  tables jsonb NOT NULL,
  announced_at timestamptz NOT NULL DEFAULT now(),
  left_at timestamptz,
  left_reason text,
  CONSTRAINT leaving_has_a_reason CHECK ((left_at IS NULL) = (left_reason IS NULL))
);

-- A request by e-mail address that nobody has confirmed yet; lives apart and for 48 hours at most.
CREATE TABLE unconfirmed_request (
  request_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  code_hash bytea,
  sealed_address bytea NOT NULL,
  terminate_contract boolean NOT NULL,
  language text NOT NULL,
  received_at timestamptz NOT NULL,
  tries smallint NOT NULL DEFAULT 0,
  sent_at timestamptz
);
CREATE INDEX ON unconfirmed_request (received_at);

CREATE TABLE privacy_case (
  case_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('erasure')),
  state text NOT NULL CHECK (state IN ('waiting', 'ordered', 'failed', 'closed', 'withdrawn')),
  channel text NOT NULL,
  language text NOT NULL,
  verified_by text NOT NULL,
  received_at timestamptz NOT NULL,
  due_on date NOT NULL,
  target_on date NOT NULL,
  run_at timestamptz NOT NULL,
  terminate_contract boolean NOT NULL,
  token_hash bytea NOT NULL,
  sealed_address bytea,
  letter text CHECK (letter IN ('receipt', 'outcome', 'withdrawn')),
  order_id uuid,
  attempt smallint NOT NULL DEFAULT 0,
  closed_at timestamptz
) WITH (fillfactor = 70);
CALL lethe.kept('privacy_case');
CREATE UNIQUE INDEX one_open_case ON privacy_case (subject_id, kind) WHERE state IN ('waiting', 'ordered', 'failed');
CREATE UNIQUE INDEX ON privacy_case (token_hash);
CREATE INDEX ready ON privacy_case (run_at) WHERE state IN ('waiting', 'failed');
CREATE INDEX letters ON privacy_case (received_at) WHERE letter IS NOT NULL;

CREATE TABLE erasure_order (
  order_id uuid PRIMARY KEY,
  open boolean NOT NULL DEFAULT true,
  subjects uuid[] NOT NULL,
  cases uuid[] NOT NULL,
  body text NOT NULL,
  ordered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at timestamptz
);
CREATE INDEX in_flight ON erasure_order (ordered_at) WHERE open;

CREATE TABLE order_participant (
  order_id uuid NOT NULL REFERENCES erasure_order ON DELETE CASCADE,
  service text NOT NULL,
  map_version integer NOT NULL,
  tables text[] NOT NULL,
  answered integer NOT NULL DEFAULT 0,
  failed uuid[] NOT NULL DEFAULT '{}',
  asked_at timestamptz NOT NULL DEFAULT now(),
  reminders smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (order_id, service)
);

CREATE TABLE order_report (
  order_id uuid NOT NULL REFERENCES erasure_order ON DELETE CASCADE,
  service text NOT NULL,
  part smallint NOT NULL,
  subjects uuid[] NOT NULL,
  body text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (order_id, service, part)
);

-- What the law had kept and a participant purged on its day: the second page of a certificate.
CREATE TABLE second_page (
  service text NOT NULL,
  tables jsonb NOT NULL,
  ended_at date NOT NULL,
  subjects uuid[] NOT NULL
);
CREATE INDEX ON second_page USING gin (subjects);

CREATE TABLE subject_link (
  subject_id uuid PRIMARY KEY,
  person uuid NOT NULL
);
CALL lethe.personal('subject_link');
CREATE INDEX ON subject_link (person);

-- Consents with their proof (GDPR Art. 7(1)): who, for what, by which words, when, where.
CREATE SEQUENCE permission_version;
CREATE TABLE consent (
  consent_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_id uuid NOT NULL,
  purpose text NOT NULL,
  given boolean NOT NULL,
  text_version text NOT NULL,
  language text NOT NULL,
  surface text NOT NULL,
  method text NOT NULL,
  decided_at timestamptz NOT NULL,
  version bigint NOT NULL
);
CALL lethe.kept('consent');

CREATE TABLE consent_text (
  text_version text NOT NULL,
  language text NOT NULL,
  purpose text NOT NULL,
  words text NOT NULL,
  valid_from date NOT NULL,
  PRIMARY KEY (text_version, language)
);

-- Who was given what (GDPR Art. 15(1)(c), 19; C-154/21 demands names).
CREATE TABLE disclosure (
  disclosure_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_id uuid NOT NULL,
  recipient text NOT NULL,
  purpose text NOT NULL,
  categories text[] NOT NULL,
  disclosed_at timestamptz NOT NULL,
  told_by text NOT NULL
);
CALL lethe.kept('disclosure');
