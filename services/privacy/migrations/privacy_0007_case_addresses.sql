-- Under which mailbox a case runs, when the sealed address is destroyed too: by its keyed hash. Cases from before have none.
ALTER TABLE privacy_case ADD COLUMN address_hash bytea;
CREATE INDEX ON privacy_case (address_hash);
COMMENT ON COLUMN privacy_case.address_hash IS 'as in unconfirmed_request';
