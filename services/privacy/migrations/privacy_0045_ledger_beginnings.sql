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

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON ledger_beginning FROM %I', app);
END $$;
