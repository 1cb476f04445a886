-- Where a payer goes on, as the provider said when the payment was announced.
ALTER TABLE payment ADD pay_url text;

-- A payment may go back in parts, each under a name of its own; empty is the whole of one whose order is no more.
ALTER TABLE void_payment ADD refund text NOT NULL DEFAULT '', DROP CONSTRAINT void_payment_pkey,
  ADD PRIMARY KEY (reference, refund);

-- What no webhook told of is asked for, with growing waits.
ALTER TABLE payment ADD inquiries integer NOT NULL DEFAULT 0, ADD next_inquiry_at timestamptz;
ALTER TABLE void_payment ADD asked_at timestamptz;
CREATE INDEX unheard ON payment (next_inquiry_at) WHERE state IN ('started', 'failed');

-- Why staff ordered a refund.
ALTER TABLE refund ADD reason text NOT NULL DEFAULT '';
