-- Which dead letters an operator dropped, and why: ids and fixed words, without the body.
CREATE TABLE dead_letter_dropped (
  message_id text NOT NULL,
  type text NOT NULL,
  origin text NOT NULL,
  given_up_for text NOT NULL,
  failed_at timestamptz,
  reason text NOT NULL,
  dropped_at timestamptz NOT NULL DEFAULT now()
);
