-- Why a row is kept is a list: the provisions, and the exemptions from erasure (GDPR Art. 17(3)) that they rest on.
-- A reason that lapses is taken out of it (array_remove) and the others stay.

-- The condition under which a row is visible for the declared purpose, in words:
--   upkeep, kept   always: they maintain rows, or serve the law
--   consent        if the person allowed this purpose and is not restricted in everything ('*')
--   interest       unless the person forbade this purpose, or is restricted in everything
-- Each sub-select is asked once per statement; EXISTS lets the planner choose between a hashed anti-join for scans
-- and an index probe for single people. The text is the same as in kit_0001.sql, taken apart.
CREATE OR REPLACE FUNCTION lethe.visible_when(t regclass) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  kind CONSTANT text := '(SELECT lethe.purpose_kind())';
  declared CONSTANT text := $sql$(SELECT current_setting('lethe.purpose', true))$sql$;
  decision CONSTANT text := format('SELECT FROM permission p WHERE p.subject_id = %s.subject_id', t);
  allowed CONSTANT text := format('EXISTS (%s AND p.allowed AND p.purpose = %s)', decision, declared);
  restricted CONSTANT text := format($sql$EXISTS (%s AND NOT p.allowed AND p.purpose = '*')$sql$, decision);
  forbidden CONSTANT text := format($sql$EXISTS (%s AND NOT p.allowed AND p.purpose IN (%s, '*'))$sql$, decision, declared);
BEGIN
  RETURN format($sql$%1$s IN ('upkeep', 'kept')
    OR (%1$s = 'consent' AND %2$s AND NOT %3$s)
    OR (%1$s = 'interest' AND NOT %4$s)$sql$, kind, allowed, restricted, forbidden);
END $$;

-- A table with rows that the law keeps: they are seen by 'kept' purposes only. `contract`: rows refused while a
-- contract runs stay usable for it. Rows of the erased are written by a legal duty only.
CREATE OR REPLACE PROCEDURE lethe.kept(t regclass, contract boolean DEFAULT false) LANGUAGE plpgsql AS $$
DECLARE
  declared CONSTANT text := $sql$(SELECT current_setting('lethe.purpose', true))$sql$;
  running CONSTANT text := CASE WHEN contract
    THEN format($sql$(%s.review_at IS NOT NULL AND %s = 'contract')$sql$, t, declared) ELSE 'false' END;
  visible CONSTANT text := lethe.visible_when(t);
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN live boolean NOT NULL DEFAULT true, ADD COLUMN retain_until date,
    ADD COLUMN review_at date, ADD COLUMN provisions text[], ADD COLUMN exemptions text[]', t);
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (subject_id, live)
    REFERENCES subject (subject_id, live) ON UPDATE CASCADE', t, t::text || '_of_a_person');
  CALL lethe.keep_for_a_reason(t);
  CALL lethe.settle_in_place(t);
  CALL lethe.guard(t,
    format($sql$(%s.live OR (SELECT lethe.purpose_kind()) = 'kept' OR %s) AND (%s)$sql$, t, running, visible),
    format($sql$(%s.live OR %s = 'legal-duty' OR %s) AND (%s)$sql$, t, declared, running, visible));
END $$;

CREATE PROCEDURE lethe.keep_for_a_reason(t regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (live
    OR (COALESCE(retain_until, review_at) IS NOT NULL AND COALESCE(cardinality(provisions), 0) > 0))',
    t, t::text || '_kept_for_a_reason');
END $$;

-- The tables that are there already: until now the reasons were one text, joined by '; '.
DO $$
DECLARE t regclass;
BEGIN
  FOR t IN
    SELECT conrelid::regclass FROM pg_constraint WHERE contype = 'c' AND conname = conrelid::regclass || '_kept_for_a_reason'
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', t, t::text || '_kept_for_a_reason');
    EXECUTE format('ALTER TABLE %s ALTER COLUMN provision TYPE text[] USING string_to_array(provision, ''; ''),
      ALTER COLUMN exception TYPE text[] USING string_to_array(exception, ''; '')', t);
    EXECUTE format('ALTER TABLE %s RENAME COLUMN provision TO provisions', t);
    EXECUTE format('ALTER TABLE %s RENAME COLUMN exception TO exemptions', t);
    CALL lethe.keep_for_a_reason(t);
  END LOOP;
END $$;
