-- What was done, numbered without a gap and hashed as RFC 9162 has it. An entry holds no value: a random id and the digest
-- of a row under a random key of its own. The key ends with the row, and then nobody can tell what the digest was of.
CREATE TABLE evidence_entry (
  number bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  act text NOT NULL,
  about text NOT NULL,
  digest bytea NOT NULL
);
-- The hashes of complete subtrees over the leaves from `number << level` on, `1 << level` of them.
CREATE TABLE evidence_node (
  level smallint NOT NULL,
  number bigint NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (level, number)
);
CREATE TABLE evidence_head (
  size bigint PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  checkpoint text NOT NULL -- signed, as C2SP's tlog-checkpoint
);
-- What opens an entry: of which row the digest is, and under which key. Without a number it is not in the log yet.
CREATE TABLE evidence_opening (
  opening_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number bigint UNIQUE REFERENCES evidence_entry,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  act text NOT NULL,
  about text NOT NULL,
  source text NOT NULL,
  source_key text, -- null: the row has ended before the entry was numbered
  key bytea,
  digest bytea NOT NULL
);
CREATE INDEX not_yet ON evidence_opening (opening_id) WHERE number IS NULL;
CREATE INDEX ON evidence_opening (source, source_key);

-- Which rows are evidence: by what they are known, what they are about, and what of them must never change.
CREATE TABLE evidence_source (
  source text PRIMARY KEY,
  known_by text[] NOT NULL,
  about text NOT NULL,
  fixed text[] NOT NULL
);

-- A certificate as it was issued; a new version of it where more became known.
CREATE TABLE certificate_issue (
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  version integer NOT NULL,
  document_digest text NOT NULL, -- SHA-256 of its canonical JSON
  issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (case_id, version)
);
ALTER TABLE second_page ADD COLUMN page_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;

INSERT INTO evidence_source VALUES
  ('case_event', '{event_id}', 'case_id', '{case_id,at,actor,by,before,after,reason}'),
  ('hold_event', '{event_id}', 'hold_id', '{hold_id,at,actor,act,reason,review_on}'),
  ('consent', '{consent_id}', 'consent_id',
    '{subject_id,purpose,given,text_version,language,surface,method,decided_at,version}'),
  ('consent_text', '{text_version,language}', 'text_version', '{text_version,language,purpose,words,valid_from}'),
  ('publication', '{kind,version}', 'kind', '{kind,version,content,published_at,effective_on,new_purposes}'),
  ('order_report', '{order_id,service,part}', 'order_id', '{order_id,service,part,subjects,body,received_at}'),
  ('second_page', '{page_id}', 'service', '{service,tables,ended_at,subjects}'),
  ('participant_departure', '{departure_id}', 'service', '{service,left_at,reason}'),
  ('certificate_issue', '{case_id,version}', 'case_id', '{case_id,version,document_digest,issued_at}');

CREATE FUNCTION lethe.evidence_key(entry jsonb, known_by text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT string_agg(entry ->> name, ' ' ORDER BY place) FROM unnest(known_by) WITH ORDINALITY AS k (name, place) $$;
CREATE FUNCTION lethe.evidence_content(entry jsonb, fixed text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT jsonb_object_agg(key, value)::text FROM jsonb_each(entry) WHERE key = ANY (fixed) $$;
CREATE FUNCTION lethe.evidence_digest(key bytea, content text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
  $$ SELECT sha256(key || convert_to(content, 'UTF8')) $$;

-- In UTC, for a row reads the same whoever looks at it.
CREATE FUNCTION lethe.note_evidence() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET timezone = 'UTC' AS $$
DECLARE s evidence_source := (SELECT e FROM evidence_source e WHERE source = TG_TABLE_NAME);
BEGIN
  INSERT INTO evidence_opening (act, about, source, source_key, key, digest)
  SELECT s.source, entry ->> s.about, s.source, lethe.evidence_key(entry, s.known_by), key,
    lethe.evidence_digest(key, lethe.evidence_content(entry, s.fixed))
  FROM (SELECT to_jsonb(a) AS entry, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS key FROM added a) e;
  RETURN NULL;
END $$;

-- That a row ended is evidence, too, by the digest of its entry's digest; what opens the entry ends with it.
CREATE FUNCTION lethe.end_evidence() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET timezone = 'UTC' AS $$
DECLARE s evidence_source := (SELECT e FROM evidence_source e WHERE source = TG_TABLE_NAME);
BEGIN
  WITH ended AS MATERIALIZED (
    SELECT o.opening_id, o.number, o.about, o.digest FROM gone g
    JOIN evidence_opening o ON o.source = s.source AND o.source_key = lethe.evidence_key(to_jsonb(g), s.known_by)),
  closed AS (DELETE FROM evidence_opening o USING ended e WHERE o.opening_id = e.opening_id AND e.number IS NOT NULL),
  kept_back AS (UPDATE evidence_opening o SET key = NULL, source_key = NULL FROM ended e
    WHERE o.opening_id = e.opening_id AND e.number IS NULL)
  INSERT INTO evidence_opening (act, about, source, digest)
  SELECT s.source || ' ended', about, s.source, sha256(digest) FROM ended;
  RETURN NULL;
END $$;

DO $$
DECLARE
  app text := replace(current_user, '_owner', '_app');
  evidence text;
BEGIN
  FOR evidence IN SELECT source FROM evidence_source LOOP
    EXECUTE format('CREATE TRIGGER to_evidence AFTER INSERT ON %I REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION lethe.note_evidence()', evidence);
    EXECUTE format('CREATE TRIGGER ended_evidence AFTER DELETE ON %I REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION lethe.end_evidence()', evidence);
  END LOOP;
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON evidence_entry, evidence_node, evidence_head FROM %I', app);
  EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON evidence_source, evidence_opening FROM %I', app);
  EXECUTE format('GRANT UPDATE (number), DELETE ON evidence_opening TO %I', app);
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON certificate_issue FROM %I', app);
END $$;

-- What was there before the log began.
DO $$
DECLARE s evidence_source;
BEGIN
  SET LOCAL timezone = 'UTC';
  FOR s IN SELECT * FROM evidence_source LOOP
    EXECUTE format('INSERT INTO evidence_opening (act, about, source, source_key, key, digest)
      SELECT $1, entry ->> $2, $1, lethe.evidence_key(entry, $3), key,
        lethe.evidence_digest(key, lethe.evidence_content(entry, $4))
      FROM (SELECT to_jsonb(t) AS entry, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS key
        FROM %I t) e', s.source) USING s.source, s.about, s.known_by, s.fixed;
  END LOOP;
END $$;
