-- Of the activity log, after its raw days: under a pseudonym that stands nowhere else, by the day, without addresses. The
-- pseudonym ends with its person's erasure, and then the traces lead to nobody.
CREATE TABLE activity_pseudonym (
  subject_id uuid PRIMARY KEY,
  pseudonym uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()
);
CALL lethe.personal('activity_pseudonym');
CREATE TABLE activity_trace (
  pseudonym uuid NOT NULL,
  what text NOT NULL,
  day date NOT NULL
);
CREATE INDEX ON activity_trace (day);
CREATE INDEX ON activity_trace (pseudonym);

-- What is left in the end: how often what happened in a month.
CREATE TABLE activity_count (
  month date NOT NULL,
  what text NOT NULL,
  times bigint NOT NULL,
  PRIMARY KEY (month, what)
);

-- When an account was last used, and what its owner was told since: nobody is ended unwarned. Of the accounts that are there
-- already nobody knows: their time begins now.
ALTER TABLE account
  ADD COLUMN used_on date NOT NULL DEFAULT (now() AT TIME ZONE 'Europe/Warsaw')::date,
  ADD COLUMN warned_on date,
  ADD COLUMN warned_again_on date,
  ADD COLUMN ended_on date,
  ADD COLUMN contract_seen_on date,
  ADD CONSTRAINT warned_before_the_end CHECK ((ended_on IS NULL OR warned_again_on IS NOT NULL)
    AND (warned_again_on IS NULL OR warned_on IS NOT NULL));
CREATE INDEX ON account (used_on) WHERE ended_on IS NULL;
