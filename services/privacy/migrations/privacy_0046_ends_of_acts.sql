-- Who did what about a breach or a notice ends, too: six years after the last step about the breach, and after the
-- notice was withdrawn or a later one took its place. What was done (breach, notice, publication) names nobody and stays.
CREATE FUNCTION lethe.end_old_acts() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  WITH acts AS (DELETE FROM staff_act WHERE at < now() - interval '6 years' RETURNING 1),
  breaches AS (DELETE FROM breach_event e WHERE NOT EXISTS (
    SELECT FROM breach_event later WHERE later.breach_id = e.breach_id AND later.at >= now() - interval '6 years')
    RETURNING 1),
  notices AS (DELETE FROM notice_event e USING notice n WHERE n.notice_id = e.notice_id AND (
    (n.state = 'withdrawn' AND NOT EXISTS (
      SELECT FROM notice_event later WHERE later.notice_id = n.notice_id AND later.at >= now() - interval '6 years'))
    OR EXISTS (
      SELECT FROM notice next JOIN notice_event published USING (notice_id)
      WHERE next.state = 'published' AND next.version > n.version
        AND published.effective_on < now() - interval '6 years'))
    RETURNING 1)
  SELECT (SELECT count(*) FROM acts) + (SELECT count(*) FROM breaches) + (SELECT count(*) FROM notices)
$$;
DROP FUNCTION lethe.end_old_staff_acts();
