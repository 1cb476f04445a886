-- An issued invoice is corrected by another document and never changed (VAT Act art. 106j, 106m). What goes on being written is
-- whether it was settled, how often its buyer was reminded, and until when and why it is kept. An invoice from before
-- licensing_0005 is told once who sold. The owner's migrations may mend what they must.
CREATE FUNCTION invoice_stays_as_issued() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changeable text[] := ARRAY['settled_on', 'reminders', 'live', 'retain_until', 'review_at', 'provisions', 'exemptions'];
BEGIN
  IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
    RETURN NEW;
  END IF;
  IF OLD.seller = '' THEN
    changeable := changeable || ARRAY['seller', 'seller_nip', 'seller_address', 'currency', 'bank_account'];
  END IF;
  IF to_jsonb(NEW) - changeable IS DISTINCT FROM to_jsonb(OLD) - changeable THEN
    RAISE EXCEPTION 'an issued invoice is not changed'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'invoice_stays_as_issued', TABLE = 'invoice';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoice_stays_as_issued BEFORE UPDATE ON invoice
  FOR EACH ROW EXECUTE FUNCTION invoice_stays_as_issued();
