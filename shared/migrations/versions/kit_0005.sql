-- The relay takes rows in the order in which they are due, by an index: sorting the whole backlog for each batch made
-- a large one leave ever more slowly. A row that the broker refused is due later, and never (NULL, quarantine) after its
-- last attempt, until an operator has looked at it.
ALTER TABLE outbox ADD COLUMN attempts integer NOT NULL DEFAULT 0, ADD COLUMN last_fault text,
  ADD COLUMN next_try_at timestamptz;
UPDATE outbox SET next_try_at = created_at;
ALTER TABLE outbox ALTER COLUMN next_try_at SET DEFAULT clock_timestamp();
CREATE INDEX outbox_due ON outbox (next_try_at);

-- What an operator dropped, and why: ids and fixed words, without the body.
CREATE TABLE outbox_dropped (
  message_id uuid PRIMARY KEY,
  type text NOT NULL,
  created_at timestamptz NOT NULL,
  attempts integer NOT NULL,
  last_fault text,
  reason text NOT NULL,
  dropped_at timestamptz NOT NULL DEFAULT now()
);
