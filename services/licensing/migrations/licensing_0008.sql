-- Money that was told of and not booked, until somebody has looked. `reference` is the provider's, or the id of an order that is
-- paid by transfer. Nothing here leads to a person but what the sale's own records say while they are kept; gone 90 days after
-- the case was resolved.
CREATE TABLE staff_case (
  case_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  kind text NOT NULL CHECK (kind IN ('wrong amount', 'wrong currency', 'refund of another payment', 'unknown reference',
    'transfer after erasure')),
  event text NOT NULL UNIQUE,
  reference text NOT NULL,
  expected bigint,
  received bigint NOT NULL,
  currency text NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz
);
CREATE INDEX open_cases ON staff_case (opened_at) WHERE resolved_at IS NULL;
CREATE INDEX resolved_cases ON staff_case (resolved_at) WHERE resolved_at IS NOT NULL;
