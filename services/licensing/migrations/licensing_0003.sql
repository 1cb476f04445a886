-- The buyer of an open order as he was when its tax was found; what is paid moves into the invoice, what is cancelled or
-- expires goes. The country stands with the tax, in purchase.
CREATE TABLE purchase_buyer (
  order_id uuid PRIMARY KEY REFERENCES purchase,
  subject_id uuid NOT NULL,
  name text NOT NULL,
  company text NOT NULL,
  nip text NOT NULL,
  vat_number text NOT NULL,
  street text NOT NULL,
  postal_code text NOT NULL,
  city text NOT NULL,
  language text NOT NULL
);
CALL lethe.personal('purchase_buyer');

ALTER TABLE invoice ADD buyer_vat_number text NOT NULL DEFAULT '';

-- Nobody knows any more who the buyers of open orders were when they ordered: money that comes for them goes back.
SET LOCAL lethe.purpose = 'upkeep';
WITH open_order AS (UPDATE purchase SET state = 'cancelled' WHERE state = 'open' RETURNING order_id),
voided AS (UPDATE payment SET state = 'void' FROM open_order
  WHERE payment.order_id = open_order.order_id AND payment.state IN ('started', 'failed') RETURNING reference, amount)
INSERT INTO void_payment (reference, amount) SELECT reference, amount FROM voided ON CONFLICT DO NOTHING;
RESET lethe.purpose;
