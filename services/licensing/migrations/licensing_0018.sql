-- Where a buyer's address on the network was when the tax of the order was found, and whether he said that his own is right. What
-- proves the place of a sale is kept by kind (Reg. 282/2011 Art. 24f).
ALTER TABLE purchase_buyer ADD seen_country text NOT NULL DEFAULT '', ADD confirms_country boolean NOT NULL DEFAULT false;
ALTER TABLE tax_evidence DROP CONSTRAINT tax_evidence_pkey, ADD PRIMARY KEY (order_id, kind),
  DROP CONSTRAINT tax_evidence_kind_check, ADD CONSTRAINT tax_evidence_kind_check
    CHECK (kind IN ('billing address', 'ip address', 'own word'));

-- Sellers exempt by their small turnover, and buyers outside the Union.
ALTER TABLE purchase DROP CONSTRAINT purchase_vat_treatment_check, ADD CONSTRAINT purchase_vat_treatment_check
  CHECK (vat_treatment IN ('domestic', 'exempt', 'oss', 'reverse charge', 'outside the EU'));
