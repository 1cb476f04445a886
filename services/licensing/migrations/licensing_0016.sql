-- Withdrawals of consumers from their contracts (UPK art. 27, Dir. 2011/83 Art. 9, 11a): what was stated when, and what goes back.
CREATE TABLE withdrawal (
  order_id uuid PRIMARY KEY REFERENCES purchase,
  subject_id uuid NOT NULL,
  stated_at timestamptz NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  back_by text NOT NULL CHECK (back_by IN ('card', 'transfer', 'nothing')),
  refund_by date NOT NULL,
  acknowledged_at timestamptz
);
CALL lethe.kept('withdrawal');

-- What was paid by transfer goes back by transfer, which staff make until `due_on`; a bank may return what was sent.
ALTER TABLE refund ALTER COLUMN payment_id DROP NOT NULL, ADD due_on date, ADD sent_at timestamptz,
  ADD came_back_at timestamptz, ADD undone_at timestamptz;
CREATE INDEX due_refunds ON refund (due_on) WHERE due_on IS NOT NULL AND sent_at IS NULL AND undone_at IS NULL;
CREATE INDEX refunds_that_came_back ON refund (came_back_at) WHERE came_back_at IS NOT NULL AND undone_at IS NULL;
