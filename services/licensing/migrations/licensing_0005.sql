-- Who sold, as of the day of the invoice. Empty on invoices from before, whose seller stood in the settings alone: the service
-- writes down once what they have said until now.
ALTER TABLE invoice ADD seller text NOT NULL DEFAULT '', ADD seller_nip text NOT NULL DEFAULT '',
  ADD seller_address text NOT NULL DEFAULT '', ADD currency text NOT NULL DEFAULT '';
CREATE INDEX without_seller ON invoice (invoice_id) WHERE seller = '';
