-- Invoices as KSeF has them: the very document that is sent, its hash before it leaves, and what became of it.
CREATE TABLE ksef_invoice (
  invoice_id uuid PRIMARY KEY REFERENCES invoice,
  subject_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'sent', 'accepted', 'rejected', 'other document', 'by hand', 'not owed')),
  document text,
  sha256 bytea,
  link text NOT NULL DEFAULT '',
  certificate_link text NOT NULL DEFAULT '',
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT now(),
  fault text NOT NULL DEFAULT '',
  session_reference text NOT NULL DEFAULT '',
  reference text NOT NULL DEFAULT '',
  sent_at timestamptz,
  ksef_number text UNIQUE,
  accepted_at timestamptz,
  receipt text,
  CHECK ((document IS NULL) = (sha256 IS NULL)),
  CHECK (state NOT IN ('sent', 'accepted', 'other document') OR document IS NOT NULL),
  CHECK ((state = 'accepted') = (ksef_number IS NOT NULL))
);
CALL lethe.kept('ksef_invoice');
CREATE INDEX ksef_to_do ON ksef_invoice (next_try_at) WHERE state IN ('waiting', 'sent');
CREATE INDEX ksef_open ON ksef_invoice (state) WHERE state NOT IN ('accepted', 'not owed');
CREATE INDEX invoices_by_day ON invoice (issued_on);

-- When KSeF did not answer, as its operator announced it: it moves the days until which invoices are sent.
CREATE TABLE ksef_outage (
  kind text NOT NULL CHECK (kind IN ('MAINTENANCE', 'FAILURE', 'TOTAL_FAILURE')),
  began_at timestamptz NOT NULL,
  ended_at timestamptz CHECK (ended_at > began_at),
  PRIMARY KEY (kind, began_at)
);
