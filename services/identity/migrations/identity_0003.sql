-- A sign-up belongs to the browser that began it, a code to the mailbox. Sign-ups from before have no token and
-- could still be taken over: whoever waits for a code signs up again.
DELETE FROM sign_up;

-- A mailbox that waits to be proved: one code for all its sign-ups, computed from `nonce` and a key outside the
-- database. There is none before the first was mailed.
CREATE TABLE pending_address (
  address_hash bytea PRIMARY KEY,
  email text NOT NULL,
  language text NOT NULL,
  newest_at timestamptz NOT NULL DEFAULT now(),
  nonce uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  code_expires_at timestamptz,
  tries smallint NOT NULL DEFAULT 0,
  mail_due boolean NOT NULL DEFAULT false,
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON pending_address (next_try_at) WHERE mail_due;
COMMENT ON COLUMN pending_address.address_hash IS 'as in confirmed_address';

ALTER TABLE sign_up
  DROP CONSTRAINT sign_up_pkey,
  DROP COLUMN nonce,
  DROP COLUMN code_expires_at,
  DROP COLUMN mails,
  DROP COLUMN mails_since,
  DROP COLUMN mail_due,
  DROP COLUMN attempts,
  DROP COLUMN next_try_at,
  ADD COLUMN token_hash bytea PRIMARY KEY,
  ADD COLUMN tried uuid,
  ADD FOREIGN KEY (address_hash) REFERENCES pending_address ON UPDATE CASCADE ON DELETE CASCADE;
CREATE INDEX ON sign_up (address_hash);
COMMENT ON COLUMN sign_up.token_hash IS 'SHA-256 of the token that the browser got';
COMMENT ON COLUMN sign_up.tried IS 'the nonce of the code at which `tries` are counted';

-- Mail that somebody asked for in a form, known address or not: looked at by a job after the answer. One row per
-- mailbox and form, so that one mail answers all who ask while it waits.
CREATE TABLE mail_request (
  address_hash bytea NOT NULL,
  form text NOT NULL,
  email text NOT NULL,
  due_at timestamptz,
  full_at timestamptz NOT NULL,
  PRIMARY KEY (address_hash, form)
);
CREATE INDEX ON mail_request (due_at);
COMMENT ON COLUMN mail_request.address_hash IS 'as in confirmed_address';
COMMENT ON COLUMN mail_request.email IS 'empty once the mail is decided';
COMMENT ON COLUMN mail_request.full_at IS 'when the mailbox may get as many mails at once again as at first';
