-- Rows that the law keeps stay where they are when their person is erased (heap-only updates): the index on
-- their last day is a BRIN, which unlike a B-tree does not take part in every flip of `live`, and pages
-- have room for a second version. Most of a flip was entries in indexes whose columns do not change.
CREATE OR REPLACE PROCEDURE lethe.kept(t regclass, contract boolean DEFAULT false) LANGUAGE plpgsql AS $$
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
  CALL lethe.settle_in_place(t);
  CALL lethe.guard(t,
    format('(%s.live OR (SELECT lethe.purpose_kind()) = ''kept'' OR %s) AND (%s)', t, running, lethe.visible_when(t)),
    format('(%s.live OR (SELECT current_setting(''lethe.purpose'', true)) = ''legal-duty'' OR %s) AND (%s)',
      t, running, lethe.visible_when(t)));
END $$;

CREATE PROCEDURE lethe.settle_in_place(t regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE INDEX ON %s USING brin (retain_until) WITH (pages_per_range = 16)', t);
  EXECUTE format('ALTER TABLE %s SET (fillfactor = 80)', t);
END $$;

-- The tables that are there already.
DO $$
DECLARE old record;
BEGIN
  FOR old IN
    SELECT i.indexrelid::regclass AS index, i.indrelid::regclass AS t FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE a.attname = 'retain_until' AND i.indnatts = 1 AND pg_get_expr(i.indpred, i.indrelid) = '(NOT live)'
  LOOP
    EXECUTE format('DROP INDEX %s', old.index);
    CALL lethe.settle_in_place(old.t);
  END LOOP;
END $$;
