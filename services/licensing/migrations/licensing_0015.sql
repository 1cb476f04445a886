-- Who buys outside their trade has the consumer's rights, a sole trader too (art. 38a UPK): what was answered, what follows,
-- and when the key was first shown. `confirmed_at` is when the letter that confirms the declarations was handed over.
ALTER TABLE purchase_terms ADD professional boolean, ADD consumer boolean NOT NULL DEFAULT true,
  ADD asked_at timestamptz, ADD begun_at timestamptz;
COMMENT ON COLUMN purchase_terms.professional IS 'null where nobody was asked: only a sole trader is';
ALTER TABLE purchase_terms ALTER COLUMN consumer DROP DEFAULT;

-- Nobody was written to before: what was confirmed by a row alone was not. The keys of those licenses were there to be seen.
SET LOCAL lethe.purpose = 'legal-duty';
UPDATE purchase_terms SET consumer = (immediate_delivery_at IS NOT NULL AND withdrawal_waived_at IS NOT NULL),
  confirmed_at = NULL,
  begun_at = (SELECT issued_at FROM license WHERE license.order_id = purchase_terms.order_id);
RESET lethe.purpose;
SET CONSTRAINTS ALL IMMEDIATE;
