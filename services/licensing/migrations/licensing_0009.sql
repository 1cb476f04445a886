-- What proves where the consumer of an OSS sale is: the country, what kind of evidence says so, and since when. An IP address
-- proves no more than the country it is looked up to, and is a trace of 90 days like that of any other order.
CREATE TABLE tax_evidence (
  order_id uuid PRIMARY KEY REFERENCES purchase,
  subject_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('billing address')),
  country text NOT NULL,
  observed_at timestamptz NOT NULL
);
CALL lethe.kept('tax_evidence');

SET LOCAL lethe.purpose = 'legal-duty';
-- By name, as the kit may call its columns provision or provisions here.
INSERT INTO tax_evidence SELECT evidence.* FROM purchase_origin o, jsonb_populate_record(NULL::tax_evidence,
  to_jsonb(o) || jsonb_build_object('kind', 'billing address', 'country', o.billing_country)) AS evidence
WHERE o.retain_until IS NOT NULL;
DELETE FROM purchase_origin WHERE NOT live;
UPDATE purchase_origin SET retain_until = NULL, purge_after = (observed_at AT TIME ZONE 'Europe/Warsaw')::date + 90
WHERE purge_after IS NULL;
RESET lethe.purpose;
-- Checks that are deferred stand in the way of changing the table.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE purchase_origin ALTER COLUMN purge_after SET NOT NULL;
COMMENT ON COLUMN purchase_origin.purge_after IS NULL;
