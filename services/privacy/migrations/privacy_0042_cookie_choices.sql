-- What a visitor lets websites do on a device (PKE art. 399), by a random id that the visitor's page made. Neither
-- address, program nor account stands beside it; a new choice takes the place of the old one, which is kept nowhere.
CREATE TABLE cookie_choice (
  visitor_id uuid PRIMARY KEY,
  allowed text[] NOT NULL,
  notice_version integer,
  made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  retain_until date NOT NULL,
  CONSTRAINT an_id_is_random CHECK (visitor_id::text ~ '^.{14}4.{4}[89ab]')
);
CREATE INDEX ON cookie_choice (retain_until);
