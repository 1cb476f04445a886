-- What the provider does not take back is tried again with growing waits, and holds up nothing else.
ALTER TABLE void_payment ADD attempts integer NOT NULL DEFAULT 0, ADD next_try_at timestamptz NOT NULL DEFAULT now();
DROP INDEX to_send_back;
CREATE INDEX to_send_back ON void_payment (next_try_at) WHERE confirmed_at IS NOT NULL AND sent_back_at IS NULL;
CREATE INDEX open_orders ON purchase (placed_at) WHERE state = 'open';
-- A proxy may not tell where an order came from: the order counts all the same, its origin is the billing country alone.
ALTER TABLE purchase_origin ALTER COLUMN ip DROP NOT NULL;
COMMENT ON COLUMN purchase_origin.ip IS 'null where no address was told';
