-- lethe.enter for messages that are handled together; one word each, in the order given. Marks and people are
-- taken in the order of their ids, so that batches of several processes, and a purge, wait for each other and
-- never in a circle.
CREATE FUNCTION lethe.enter_all(messages uuid[], by_consumer text, people uuid[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE fresh uuid[];
BEGIN
  WITH marked AS (
    INSERT INTO inbox (message_id, consumer) SELECT m, by_consumer FROM unnest(messages) m ORDER BY m
    ON CONFLICT DO NOTHING RETURNING message_id)
  SELECT coalesce(array_agg(message_id), '{}') INTO fresh FROM marked;
  INSERT INTO subject (subject_id) SELECT DISTINCT p FROM unnest(people) p
    WHERE p IS NOT NULL AND NOT EXISTS (SELECT FROM subject s WHERE s.subject_id = p) ORDER BY p
    ON CONFLICT DO NOTHING;
  PERFORM FROM subject s WHERE s.subject_id = ANY (people) ORDER BY s.subject_id FOR KEY SHARE;
  RETURN (
    SELECT array_agg(CASE WHEN NOT m.id = ANY (fresh) OR m.copy > 1 THEN 'duplicate'
      WHEN m.person IS NULL THEN 'nobody' WHEN s.live THEN 'live' ELSE 'erased' END ORDER BY m.place)
    FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY place) AS copy
      FROM unnest(messages, people) WITH ORDINALITY AS u (id, person, place)) m
    LEFT JOIN subject s ON s.subject_id = m.person);
END $$;
