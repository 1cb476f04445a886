-- The country stands in purchase, and as evidence in tax_evidence: against fraud the address alone serves, where one was told.
SET LOCAL lethe.purpose = 'legal-duty';
DELETE FROM purchase_origin WHERE ip IS NULL;
RESET lethe.purpose;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE purchase_origin DROP COLUMN billing_country, ALTER COLUMN ip SET NOT NULL;
COMMENT ON COLUMN purchase_origin.ip IS NULL;
