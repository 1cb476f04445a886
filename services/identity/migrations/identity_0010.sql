-- By which address somebody was known before, and when: a right may be asked for by an address of long ago. The address
-- itself is not kept. A row a time of use, as an address may be left, taken up again and left once more.
CREATE TABLE former_address (
  address_hash bytea NOT NULL,
  subject_id uuid NOT NULL,
  since timestamptz NOT NULL,
  until timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (address_hash, subject_id, since)
);
CALL lethe.personal('former_address');
COMMENT ON COLUMN former_address.address_hash IS 'as in confirmed_address';
