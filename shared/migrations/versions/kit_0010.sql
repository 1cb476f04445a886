-- A restriction may be of a part (GDPR Art. 18): of one purpose, `*profiling`, or of one category of data, `*D3`. Then
-- the rows of every table that holds this category are invisible to every use, and nothing else is.

-- Which categories stand in a table, by the data map; each service says it when it starts.
CREATE TABLE mapped_category (
  of_table text NOT NULL,
  category text NOT NULL,
  map_version integer NOT NULL,
  PRIMARY KEY (of_table, category)
);

-- The rulings that forbid the declared purpose to see a table.
CREATE FUNCTION lethe.forbidding(t text) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT ARRAY['*', declared, '*' || declared] || ARRAY(SELECT '*' || category FROM mapped_category WHERE of_table = t)
  FROM current_setting('lethe.purpose', true) AS declared
$$;

CREATE OR REPLACE FUNCTION lethe.visible_when(t regclass) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  kind CONSTANT text := '(SELECT lethe.purpose_kind())';
  declared CONSTANT text := $sql$(SELECT current_setting('lethe.purpose', true))$sql$;
  rulings CONSTANT text := format('(SELECT lethe.forbidding(%L))::text[]', t::text);
  decision CONSTANT text := format('SELECT FROM permission p WHERE p.subject_id = %s.subject_id', t);
  allowed CONSTANT text := format('EXISTS (%s AND p.allowed AND p.purpose = %s)', decision, declared);
  forbidden CONSTANT text := format('EXISTS (%s AND NOT p.allowed AND p.purpose = ANY (%s))', decision, rulings);
BEGIN
  RETURN format($sql$%1$s IN ('upkeep', 'kept')
    OR (%1$s = 'consent' AND %2$s AND NOT %3$s)
    OR (%1$s = 'interest' AND NOT %3$s)$sql$, kind, allowed, forbidden);
END $$;

CREATE PROCEDURE lethe.decide_visibility(t regclass, visible text, writable text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DROP POLICY IF EXISTS seen_for_purpose ON %s', t);
  EXECUTE format('DROP POLICY IF EXISTS changed_for_purpose ON %s', t);
  EXECUTE format('DROP POLICY IF EXISTS deleted_for_purpose ON %s', t);
  EXECUTE format('DROP POLICY IF EXISTS written_for_purpose ON %s', t);
  EXECUTE format('CREATE POLICY seen_for_purpose ON %s FOR SELECT USING (%s)', t, visible);
  EXECUTE format('CREATE POLICY changed_for_purpose ON %s FOR UPDATE USING (%s) WITH CHECK (%2$s)', t, visible);
  EXECUTE format('CREATE POLICY deleted_for_purpose ON %s FOR DELETE USING (%s)', t, visible);
  EXECUTE format('CREATE POLICY written_for_purpose ON %s FOR INSERT WITH CHECK (%s)', t, writable);
END $$;

CREATE OR REPLACE PROCEDURE lethe.guard(t regclass, visible text, writable text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE INDEX ON %s (subject_id)', t);
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  CALL lethe.decide_visibility(t, visible, writable);
END $$;

-- The tables that are there already; of those with retained rows some are used for a contract that goes on.
DO $$
DECLARE
  declared CONSTANT text := $sql$(SELECT current_setting('lethe.purpose', true))$sql$;
  old record;
  visible text;
  running text;
BEGIN
  FOR old IN
    SELECT p.polrelid::regclass AS t,
      pg_get_expr(p.polqual, p.polrelid) LIKE '%''contract''%' AS contract,
      EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = p.polrelid AND k.contype = 'c'
        AND k.conname = p.polrelid::regclass || '_kept_for_a_reason') AS kept
    FROM pg_policy p WHERE p.polname = 'seen_for_purpose'
  LOOP
    visible := lethe.visible_when(old.t);
    running := CASE WHEN old.contract
      THEN format($sql$(%s.review_at IS NOT NULL AND %s = 'contract')$sql$, old.t, declared) ELSE 'false' END;
    IF old.kept THEN
      CALL lethe.decide_visibility(old.t,
        format($sql$(%s.live OR (SELECT lethe.purpose_kind()) = 'kept' OR %s) AND (%s)$sql$, old.t, running, visible),
        format($sql$(%s.live OR %s = 'legal-duty' OR %s) AND (%s)$sql$, old.t, declared, running, visible));
    ELSE
      CALL lethe.decide_visibility(old.t, visible, visible);
    END IF;
  END LOOP;
END $$;
