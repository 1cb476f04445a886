-- A change of an account's address: pending until the code of the new mailbox comes back, then kept for seven days, in
-- which the holder of the old one undoes it by the token in the letter there.
CREATE TABLE email_change (
  change_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  address_hash bytea REFERENCES pending_address ON UPDATE CASCADE ON DELETE CASCADE,
  email text NOT NULL,
  old_email text NOT NULL,
  undo_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  tried uuid,
  tries smallint NOT NULL DEFAULT 0,
  effective_at timestamptz
);
CREATE UNIQUE INDEX ON email_change (subject_id) WHERE effective_at IS NULL;
CREATE INDEX ON email_change (address_hash);
CALL lethe.personal('email_change');
COMMENT ON COLUMN email_change.undo_hash IS 'SHA-256 of the token in the letters to the old address';

ALTER TABLE service_mail ADD COLUMN email text;
COMMENT ON COLUMN service_mail.email IS 'where to, if not to the account''s address; null once the mail has ended';
