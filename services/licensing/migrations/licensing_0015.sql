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
-- What was agreed to proves the contract while claims run, also after an erasure (GDPR Art. 17(3)(e)). Rows of the erased are
-- kept for their running contracts, and end with them. In a new database the kit may name its columns later; it has no rows.
DO $$ BEGIN
  IF EXISTS (SELECT FROM purchase_terms) THEN
    UPDATE purchase_terms SET provisions = ARRAY['KC art. 118'], exemptions = ARRAY['GDPR Art. 17(3)(e)'],
      retain_until = make_date(extract(year FROM begun_at AT TIME ZONE 'Europe/Warsaw')::integer
        + CASE WHEN consumer THEN 6 ELSE 3 END, 12, 31)
    WHERE live AND begun_at IS NOT NULL;
  END IF;
END $$;
RESET lethe.purpose;
SET CONSTRAINTS ALL IMMEDIATE;
