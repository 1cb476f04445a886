-- Where the buyer is to pay to; empty where the money was there before the invoice.
ALTER TABLE invoice ADD bank_account text NOT NULL DEFAULT '';
CREATE INDEX debts ON invoice (subject_id) WHERE kind = 'invoice' AND settled_on IS NULL;
