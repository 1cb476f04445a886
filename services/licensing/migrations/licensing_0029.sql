-- Systems of the vendor that want to know what happens to sales and licenses.
CREATE TABLE webhook_endpoint (
  endpoint_id uuid PRIMARY KEY,
  url text NOT NULL,
  types text[] NOT NULL CHECK (cardinality(types) > 0),
  sealed_secret bytea NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  failures integer NOT NULL DEFAULT 0,
  fault text NOT NULL DEFAULT '',
  rest_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE webhook_delivery (
  delivery_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE,
  event_id uuid NOT NULL,
  type text NOT NULL,
  data jsonb NOT NULL,
  happened_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT now(),
  fault text NOT NULL DEFAULT '',
  ended_at timestamptz,
  UNIQUE (endpoint_id, event_id)
);
CREATE INDEX webhooks_due ON webhook_delivery (next_try_at) WHERE state = 'due';
CREATE INDEX ON webhook_delivery (happened_at);

-- What is published is noted for each system that wants it, in the transaction that publishes it, whichever place of the code that
-- is. Whom it is about is left out: the ids of license and order are enough for a system that knows its own.
CREATE FUNCTION note_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO webhook_delivery (endpoint_id, event_id, type, data, happened_at)
  SELECT endpoint_id, NEW.message_id, NEW.type, NEW.body::jsonb - 'subject_id', NEW.created_at
  FROM webhook_endpoint WHERE NEW.type = ANY (types);
  RETURN NULL;
END $$;
CREATE TRIGGER note_webhooks AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION note_webhooks();
