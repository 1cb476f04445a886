-- What shows that a recipient was told by hand: a returned receipt, a scanned letter. Its hash stands with the case.
ALTER TABLE recipient_notice
  ADD COLUMN proof bytea CHECK (octet_length(proof) BETWEEN 1 AND 700000),
  ADD COLUMN proof_type text CHECK (proof_type IN ('application/pdf', 'image/png', 'image/jpeg')),
  ADD CONSTRAINT proof_of_a_kind CHECK ((proof IS NULL) = (proof_type IS NULL));
