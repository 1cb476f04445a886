-- Why a row is kept is a list: the provisions, and the exemptions from erasure (GDPR Art. 17(3)) that they rest on.
-- A reason that lapses is taken out of it (array_remove) and the others stay.
CREATE OR REPLACE PROCEDURE lethe.kept(t regclass, contract boolean DEFAULT false) LANGUAGE plpgsql AS $$
DECLARE
  running text := CASE WHEN contract
    THEN format('(%s.review_at IS NOT NULL AND (SELECT current_setting(''lethe.purpose'', true)) = ''contract'')', t)
    ELSE 'false' END;
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN live boolean NOT NULL DEFAULT true, ADD COLUMN retain_until date,
    ADD COLUMN review_at date, ADD COLUMN provisions text[], ADD COLUMN exemptions text[]', t);
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (subject_id, live)
    REFERENCES subject (subject_id, live) ON UPDATE CASCADE', t, t::text || '_of_a_person');
  CALL lethe.keep_for_a_reason(t);
  CALL lethe.settle_in_place(t);
  CALL lethe.guard(t,
    format('(%s.live OR (SELECT lethe.purpose_kind()) = ''kept'' OR %s) AND (%s)', t, running, lethe.visible_when(t)),
    format('(%s.live OR (SELECT current_setting(''lethe.purpose'', true)) = ''legal-duty'' OR %s) AND (%s)',
      t, running, lethe.visible_when(t)));
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
