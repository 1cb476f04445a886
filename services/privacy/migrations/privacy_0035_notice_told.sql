-- A new purpose and who was told of it (GDPR Art. 13(3)). While `used_from` is empty its rulings stand among the
-- permissions, in every service: PostgreSQL shows no row of the person to a transaction for it.
CREATE TABLE notice_told (
  subject_id uuid NOT NULL,
  purpose text NOT NULL,
  rulings text[] NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  version integer, -- of the notice whose mail told
  told_at timestamptz,
  used_from timestamptz,
  PRIMARY KEY (subject_id, purpose, noted_at)
);
CREATE UNIQUE INDEX told_of_once_at_a_time ON notice_told (subject_id, purpose) WHERE used_from IS NULL;
CREATE INDEX to_be_told ON notice_told (due_at) WHERE told_at IS NULL AND used_from IS NULL;
CREATE INDEX to_be_used ON notice_told (subject_id) WHERE told_at IS NOT NULL AND used_from IS NULL;
CALL lethe.personal('notice_told');
