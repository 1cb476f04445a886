-- The hash of an address is made anew when its key is replaced, also while a code is being mailed: the mail is
-- noted by its nonce, which does not change then.
CREATE UNIQUE INDEX ON sign_up (nonce);

COMMENT ON COLUMN confirmed_address.address_hash IS
  'one byte, the id of the key, then HMAC-SHA-256 of the mailbox; 32 bytes alone are from before there were ids';
COMMENT ON COLUMN sign_up.address_hash IS 'as in confirmed_address';
COMMENT ON COLUMN sign_in_attempt.address_hash IS 'as in confirmed_address';
