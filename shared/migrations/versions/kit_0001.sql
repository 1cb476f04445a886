-- The template of every service's database: what the kit keeps beside the service's own tables. The owner's role
-- migrates; the app's role works, with the rights granted at the end.
CREATE SCHEMA lethe;

-- ── The root ────────────────────────────────────────────────────────────────────────────────────
-- Every personal row hangs on (subject_id, live). Flipping `live` fails while a live row is left,
-- turns rows that the law keeps into retained ones, and makes every later live insert fail.
CREATE TABLE subject (
  subject_id uuid PRIMARY KEY,
  live boolean NOT NULL DEFAULT true,
  UNIQUE (subject_id, live)
);

CREATE FUNCTION lethe.refuse_resurrection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT OLD.live AND (TG_OP = 'DELETE' OR NEW.live OR NEW.subject_id <> OLD.subject_id) THEN
    RAISE EXCEPTION 'an erased person stays erased'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'subject_stays_erased', TABLE = 'subject';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER subject_stays_erased BEFORE UPDATE OR DELETE ON subject
  FOR EACH ROW EXECUTE FUNCTION lethe.refuse_resurrection();

-- ── Purposes ────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE lethe.purpose (
  purpose text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('upkeep', 'kept', 'consent', 'interest'))
);
INSERT INTO lethe.purpose VALUES
  ('upkeep', 'upkeep'), ('security', 'upkeep'), ('contract', 'upkeep'),
  ('erasure', 'kept'), ('rights', 'kept'), ('legal-duty', 'kept'), ('claims', 'kept'),
  ('direct-marketing.email', 'consent'), ('direct-marketing.sms', 'consent'),
  ('direct-marketing.phone', 'consent'),
  ('direct-marketing', 'interest'), ('profiling', 'interest'), ('analytics', 'interest'),
  ('statistics', 'interest'), ('export', 'interest'), ('retention', 'interest');

-- No purpose, an unknown one, or the empty string that a pooled connection keeps: NULL, nothing visible.
CREATE FUNCTION lethe.purpose_kind() RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT kind FROM lethe.purpose WHERE purpose = current_setting('lethe.purpose', true) $$;

CREATE TABLE permission (
  subject_id uuid NOT NULL,
  live boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
  purpose text NOT NULL,
  allowed boolean NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (subject_id, purpose),
  CONSTRAINT permission_of_a_live_person FOREIGN KEY (subject_id, live) REFERENCES subject (subject_id, live)
);
ALTER TABLE permission ENABLE ROW LEVEL SECURITY;
ALTER TABLE permission FORCE ROW LEVEL SECURITY;
CREATE POLICY some_purpose ON permission
  USING ((SELECT lethe.purpose_kind()) IS NOT NULL) WITH CHECK ((SELECT lethe.purpose_kind()) IS NOT NULL);

-- The condition under which a row is visible for the declared purpose. EXISTS lets the planner choose
-- between a hashed anti-join for scans and an index probe for single people.
CREATE FUNCTION lethe.visible_when(t regclass) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format($c$
    (SELECT lethe.purpose_kind()) IN ('upkeep', 'kept')
    OR ((SELECT lethe.purpose_kind()) = 'consent'
      AND EXISTS (SELECT FROM permission p WHERE p.subject_id = %1$s.subject_id AND p.allowed
                  AND p.purpose = (SELECT current_setting('lethe.purpose', true)))
      AND NOT EXISTS (SELECT FROM permission p WHERE p.subject_id = %1$s.subject_id AND NOT p.allowed
                      AND p.purpose = '*'))
    OR ((SELECT lethe.purpose_kind()) = 'interest'
      AND NOT EXISTS (SELECT FROM permission p WHERE p.subject_id = %1$s.subject_id AND NOT p.allowed
                      AND p.purpose IN ((SELECT current_setting('lethe.purpose', true)), '*')))
  $c$, t)
$$;

CREATE PROCEDURE lethe.guard(t regclass, visible text, writable text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE INDEX ON %s (subject_id)', t);
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY seen_for_purpose ON %s FOR SELECT USING (%s)', t, visible);
  EXECUTE format('CREATE POLICY changed_for_purpose ON %s FOR UPDATE USING (%s) WITH CHECK (%2$s)', t, visible);
  EXECUTE format('CREATE POLICY deleted_for_purpose ON %s FOR DELETE USING (%s)', t, visible);
  EXECUTE format('CREATE POLICY written_for_purpose ON %s FOR INSERT WITH CHECK (%s)', t, writable);
END $$;

-- An ordinary personal table: its rows exist only while the person is live.
CREATE PROCEDURE lethe.personal(t regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN live boolean NOT NULL GENERATED ALWAYS AS (true) STORED', t);
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (subject_id, live) REFERENCES subject (subject_id, live)',
    t, t::text || '_of_a_live_person');
  CALL lethe.guard(t, lethe.visible_when(t), lethe.visible_when(t));
END $$;

-- A table with rows that the law keeps. `contract`: rows refused while a contract runs stay usable for it.
CREATE PROCEDURE lethe.kept(t regclass, contract boolean DEFAULT false) LANGUAGE plpgsql AS $$
DECLARE
  running text := CASE WHEN contract
    THEN format('(%s.review_at IS NOT NULL AND (SELECT current_setting(''lethe.purpose'', true)) = ''contract'')', t)
    ELSE 'false' END;
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN live boolean NOT NULL DEFAULT true, ADD COLUMN retain_until date,
    ADD COLUMN review_at date, ADD COLUMN provision text, ADD COLUMN exception text', t);
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (subject_id, live)
    REFERENCES subject (subject_id, live) ON UPDATE CASCADE', t, t::text || '_of_a_person');
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I
    CHECK (live OR (COALESCE(retain_until, review_at) IS NOT NULL AND provision IS NOT NULL))',
    t, t::text || '_kept_for_a_reason');
  EXECUTE format('CREATE INDEX ON %s (retain_until) WHERE NOT live', t);
  CALL lethe.guard(t,
    format('(%s.live OR (SELECT lethe.purpose_kind()) = ''kept'' OR %s) AND (%s)', t, running, lethe.visible_when(t)),
    format('(%s.live OR (SELECT current_setting(''lethe.purpose'', true)) = ''legal-duty'' OR %s) AND (%s)',
      t, running, lethe.visible_when(t)));
END $$;

-- A column that names somebody who does not own the row: emptied when that person is erased, and
-- PostgreSQL refuses the flip while it is not.
CREATE PROCEDURE lethe.mentions(t regclass, mention name) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN %I boolean NOT NULL GENERATED ALWAYS AS (true) STORED', t, mention || '_live');
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (%I, %I) REFERENCES subject (subject_id, live)',
    t, t::text || '_' || mention || '_names_a_live_person', mention, mention || '_live');
  EXECUTE format('CREATE INDEX ON %s (%I)', t, mention);
END $$;

-- ── Messages ────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE inbox (
  message_id uuid NOT NULL,
  consumer text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (message_id, consumer)
);
CREATE INDEX ON inbox USING brin (received_at);

CREATE TABLE outbox (
  message_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  type text NOT NULL,
  subject text,
  body text NOT NULL,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE idempotency (
  key_hash bytea NOT NULL,
  principal text NOT NULL,
  route text NOT NULL,
  body_hash bytea NOT NULL,
  status smallint NOT NULL,
  resource_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (key_hash, principal, route)
);

-- ── Erasure ─────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE erasure_report (
  order_id uuid NOT NULL,
  part smallint NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, part)
);

-- How far a service that joins, or whose database was restored, has caught up with privacy.
CREATE TABLE catch_up (
  topic text PRIMARY KEY,
  reached text NOT NULL DEFAULT '',
  done_at timestamptz
);

-- One round trip opens the handling of a message: the inbox mark, then the lock on the person.
-- Lock order is the same for everybody: message, person, rows. Answers duplicate | live | erased | nobody.
CREATE FUNCTION lethe.enter(of_message uuid, by_consumer text, about uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE is_live boolean;
BEGIN
  IF of_message IS NOT NULL THEN
    INSERT INTO inbox (message_id, consumer) VALUES (of_message, by_consumer) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN 'duplicate'; END IF;
  END IF;
  IF about IS NULL THEN RETURN 'nobody'; END IF;
  SELECT s.live INTO is_live FROM subject s WHERE s.subject_id = about FOR KEY SHARE;
  IF NOT FOUND THEN
    INSERT INTO subject (subject_id) VALUES (about) ON CONFLICT DO NOTHING;
    SELECT s.live INTO is_live FROM subject s WHERE s.subject_id = about FOR KEY SHARE;
  END IF;
  RETURN CASE WHEN is_live THEN 'live' ELSE 'erased' END;
END $$;

-- Make sure all ids exist (a tombstone must be there before a person's first event) and lock them in order.
CREATE FUNCTION lethe.lock_people(people uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO subject (subject_id) SELECT DISTINCT unnest(people) ORDER BY 1 ON CONFLICT DO NOTHING;
  PERFORM FROM subject s WHERE s.subject_id = ANY (people) ORDER BY s.subject_id FOR UPDATE;
END $$;

-- The working role changes data and owns nothing; a tombstone it can set, never remove.
DO $$
DECLARE app text := regexp_replace(current_user, '_owner$', '_app');
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA lethe TO %I', app);
  EXECUTE format('GRANT SELECT ON lethe.purpose TO %I', app);
  EXECUTE format('REVOKE ALL ON subject FROM %I', app);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE (live) ON subject TO %I', app);
  IF current_setting('server_version_num')::int >= 170000 THEN  -- an older server does not know the word
    EXECUTE format('GRANT MAINTAIN ON subject TO %I', app);
  END IF;
END $$;
