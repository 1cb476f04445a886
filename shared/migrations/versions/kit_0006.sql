-- What operators say and see of a service's consumers: which one is paused, whether its breaker is open.
CREATE TABLE consumer (
  name text PRIMARY KEY,
  paused_at timestamptz,
  breaker text NOT NULL DEFAULT 'closed' CHECK (breaker IN ('closed', 'open', 'half-open')),
  breaker_since timestamptz NOT NULL DEFAULT now()
);

-- Whose messages wait in the retry tiers, and why: all consumers share the tiers, and looking into one would take
-- what is in it. Written once the copy is safe, deleted when the message has an outcome.
CREATE TABLE retry_waiting (
  message_id uuid NOT NULL,
  consumer text NOT NULL,
  attempt integer NOT NULL,
  fault text NOT NULL,
  failed_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL,
  PRIMARY KEY (message_id, consumer)
);
CREATE INDEX ON retry_waiting (consumer);
