-- That an operator began a new ledger because the old one was lost or broken: why, what was wrong, and under which name
-- the old one is kept. Ids and sentences of ours, no person.
CREATE TABLE ledger_beginning (
  begun uuid PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
  flaws text[] NOT NULL CHECK (cardinality(flaws) > 0),
  set_aside text NOT NULL,
  lines integer NOT NULL,
  replayed integer NOT NULL
);
CALL lethe.evidence('ledger_beginning', '{begun}', 'begun', '{begun,at,reason,flaws,set_aside,lines,replayed}');

-- Whom a breach concerns by what services hold of them: counted page by page, named when an officer has seen how many.
CREATE TABLE breach_scope (
  scope_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  breach_id uuid NOT NULL REFERENCES breach,
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  services text[] NOT NULL CHECK (cardinality(services) > 0),
  categories text[] NOT NULL CHECK (cardinality(categories) > 0),
  left_to_ask text[] NOT NULL,
  reached uuid, -- of the first of those who are left: whom it told of last
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  named integer,
  CONSTRAINT counted_before_named CHECK (named IS NULL OR left_to_ask = '{}')
);
CREATE INDEX ON breach_scope (breach_id);
CREATE INDEX to_be_counted ON breach_scope (due_at) WHERE left_to_ask <> '{}';
CREATE TABLE breach_scope_person (
  scope_id uuid NOT NULL REFERENCES breach_scope,
  subject_id uuid NOT NULL,
  PRIMARY KEY (scope_id, subject_id)
);
CALL lethe.personal('breach_scope_person');

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON ledger_beginning FROM %I', app);
END $$;
