-- Every version of the notice and of the record of processing, as it was: nothing here is ever changed.
CREATE TABLE publication (
  kind text NOT NULL CHECK (kind IN ('notice', 'record')),
  version integer NOT NULL CHECK (version > 0),
  content text NOT NULL,
  content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
  published_at timestamptz NOT NULL DEFAULT now(),
  effective_on date NOT NULL,
  new_purposes text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (kind, version)
);
CREATE FUNCTION lethe.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a publication stays as it was' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER published_for_good BEFORE UPDATE OR DELETE OR TRUNCATE ON publication
  FOR EACH STATEMENT EXECUTE FUNCTION lethe.refuse_change();

-- Which version of the notice a person was shown first, and each one since (GDPR Art. 13(3)).
CREATE TABLE notice_seen (
  subject_id uuid NOT NULL,
  version integer NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject_id, version)
);
CALL lethe.personal('notice_seen');

ALTER TABLE participant ADD COLUMN recipients text[] NOT NULL DEFAULT '{}';
