-- What authorities ask about people, what a human decided, and what they were given (GDPR Art. 5(2), 6(1)(c), 23). The
-- people stand here by their random ids and not as rows of theirs: while the law forbids telling them no copy shows it.
CREATE TABLE authority_request (
  request_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  received_at timestamptz NOT NULL,
  kind text NOT NULL,
  authority text NOT NULL,
  reference text NOT NULL,
  basis text NOT NULL,
  scope text NOT NULL,
  categories text[] NOT NULL CHECK (cardinality(categories) > 0),
  people uuid[] NOT NULL CHECK (cardinality(people) > 0),
  decision text CHECK (decision IN ('granted', 'granted in part', 'refused')),
  decided_at timestamptz,
  ground text,
  handed text[] NOT NULL DEFAULT '{}',
  silence_by text,
  silence_until date,
  told_from timestamptz, -- since then the log of disclosures has it, and people are told
  CHECK ((decision IS NULL) = (decided_at IS NULL)),
  CHECK ((silence_by IS NULL) = (silence_until IS NULL)),
  CONSTRAINT handed_over_is_what_was_asked_and_granted
    CHECK (handed <@ categories AND (cardinality(handed) > 0) = coalesce(decision <> 'refused', false)),
  CONSTRAINT less_than_asked_has_a_ground CHECK ((decision = 'granted') IS NOT FALSE OR ground IS NOT NULL),
  CONSTRAINT nobody_is_told_while_the_law_forbids_it
    CHECK (silence_until IS NULL OR (told_from AT TIME ZONE 'Europe/Warsaw')::date > silence_until)
);
CREATE INDEX to_be_told_of ON authority_request (decided_at) WHERE told_from IS NULL AND handed <> '{}';

CREATE TABLE authority_event (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id uuid NOT NULL REFERENCES authority_request ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by uuid NOT NULL,
  step text NOT NULL,
  said text NOT NULL
);
CREATE INDEX ON authority_event (request_id);
CALL lethe.evidence('authority_event', '{event_id}', 'request_id', '{event_id,request_id,at,by,step,said}');

CREATE TABLE authority_telling (
  telling_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  request_id uuid NOT NULL REFERENCES authority_request ON DELETE CASCADE,
  subject_id uuid NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  told_at timestamptz,
  UNIQUE (request_id, subject_id)
);
CALL lethe.personal('authority_telling');
CREATE INDEX authority_tellings_due ON authority_telling (due_at) WHERE told_at IS NULL;

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, TRUNCATE ON authority_event FROM %I', app);
  EXECUTE format('REVOKE TRUNCATE ON authority_request FROM %I', app);
END $$;
