-- What the one mail delivery needs for waits that grow.
ALTER TABLE signup ADD COLUMN attempts integer NOT NULL DEFAULT 0;

COMMENT ON COLUMN subscriber.address_hash IS
  'one byte, the id of the key, then HMAC-SHA-256 of the mailbox; 32 bytes alone are from before there were ids';
COMMENT ON COLUMN signup.address_hash IS 'as in subscriber';
COMMENT ON COLUMN suppression.address_hash IS 'as in subscriber; an entry under an older key suppresses as before';
