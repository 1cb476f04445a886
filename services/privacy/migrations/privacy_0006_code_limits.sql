-- A mailbox gets few codes an hour: they are counted by its keyed hash. Rows from before have none and end within 48 hours.
ALTER TABLE unconfirmed_request ADD COLUMN address_hash bytea;
CREATE INDEX ON unconfirmed_request (address_hash);
COMMENT ON COLUMN unconfirmed_request.address_hash IS 'one byte, the id of the key, then HMAC-SHA-256 of the mailbox';
