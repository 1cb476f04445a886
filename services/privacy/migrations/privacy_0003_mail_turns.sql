-- When a letter or a code is due, and how often it was tried: the due ones are leased, oldest first.
ALTER TABLE privacy_case ADD COLUMN letter_due_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN letter_tries smallint NOT NULL DEFAULT 0;
DROP INDEX letters;
CREATE INDEX letters ON privacy_case (letter_due_at) WHERE letter IS NOT NULL;

-- The code is derived from the request and valid from the moment at which its mail sets out.
ALTER TABLE unconfirmed_request DROP COLUMN code_hash, ADD COLUMN code_from timestamptz,
  ADD COLUMN mail_due_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN mail_tries smallint NOT NULL DEFAULT 0;
CREATE INDEX ON unconfirmed_request (mail_due_at) WHERE sent_at IS NULL;
