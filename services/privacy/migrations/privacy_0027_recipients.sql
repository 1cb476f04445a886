-- By what a recipient knows what it was given: a random number, a Message-ID. '': of before, or it was given none.
ALTER TABLE disclosure ADD COLUMN reference text NOT NULL DEFAULT '';

-- Who has to be told of a rectification, an erasure or a restriction (GDPR Art. 19), and how that ended. `recipient` is
-- its key in the register, or the name under which it was noted. What no mail can do has no day: it is by hand.
CREATE TABLE recipient_notice (
  notice_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  subject_id uuid NOT NULL,
  recipient text NOT NULL,
  about text NOT NULL CHECK (about IN ('rectification', 'erasure', 'restriction')),
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  due_at timestamptz NOT NULL,
  tries smallint NOT NULL DEFAULT 0,
  how text CHECK (how IN ('mail', 'letter', 'telephone', 'portal', 'impossible', 'disproportionate')),
  settled_at timestamptz,
  reason text NOT NULL DEFAULT '',
  by uuid,
  UNIQUE (case_id, subject_id, recipient),
  CHECK ((how IS NULL) = (settled_at IS NULL)),
  CONSTRAINT untold_for_a_reason CHECK (how NOT IN ('impossible', 'disproportionate') OR reason <> '')
);
CALL lethe.kept('recipient_notice');
CREATE INDEX to_tell ON recipient_notice (due_at) WHERE settled_at IS NULL;
