WITH people AS (SELECT subject_id, place FROM unnest($1::uuid[]) WITH ORDINALITY AS p (subject_id, place)),
held AS (SELECT hold_id, subject_id, scope, review_at, provisions, exemptions FROM hold
  WHERE subject_id = ANY ($1) AND review_at IS NOT NULL),
note_deleted AS (DELETE FROM note WHERE subject_id = ANY ($1) RETURNING subject_id),
note_deletions AS (SELECT subject_id, count(*) AS rows FROM note_deleted GROUP BY subject_id),
note_friend_id_mentions AS (SELECT friend_id AS subject_id, count(*) AS rows FROM note WHERE friend_id = ANY ($1) GROUP BY friend_id),
note_author_id_mentions AS (SELECT author_id AS subject_id, count(*) AS rows FROM note WHERE author_id = ANY ($1) GROUP BY author_id),
note_emptied AS (UPDATE note SET friend_id = CASE WHEN friend_id = ANY ($1) THEN NULL ELSE friend_id END, author_id = CASE WHEN author_id = ANY ($1) THEN NULL ELSE author_id END
  WHERE (friend_id = ANY ($1) OR author_id = ANY ($1)) AND subject_id <> ALL ($1)),
receipt_held AS (SELECT * FROM held WHERE scope && '{*,D9}'),
receipt_deleted AS (DELETE FROM receipt WHERE subject_id = ANY ($1) AND NOT ((review_at IS NOT NULL OR retain_until >= $2) IS TRUE OR subject_id IN (SELECT subject_id FROM receipt_held)) RETURNING subject_id),
receipt_deletions AS (SELECT subject_id, count(*) AS rows FROM receipt_deleted GROUP BY subject_id),
receipt_retained AS (UPDATE receipt SET live = false, retain_until = CASE WHEN (review_at IS NOT NULL OR retain_until >= $2) THEN retain_until ELSE coalesce(retain_until, $2::date - 1) END, provisions = CASE WHEN cardinality(provisions) > 0 THEN provisions ELSE (SELECT h.provisions FROM receipt_held h WHERE h.subject_id = receipt.subject_id LIMIT 1) END, exemptions = CASE WHEN cardinality(provisions) > 0 THEN exemptions ELSE (SELECT h.exemptions FROM receipt_held h WHERE h.subject_id = receipt.subject_id LIMIT 1) END, wish = NULL, payer_id = CASE WHEN payer_id = ANY ($1) THEN NULL ELSE payer_id END WHERE subject_id = ANY ($1) AND ((review_at IS NOT NULL OR retain_until >= $2) IS TRUE OR subject_id IN (SELECT subject_id FROM receipt_held))
  RETURNING subject_id, retain_until, review_at, provisions, exemptions),
receipt_retentions AS (SELECT subject_id, count(*) AS rows, max(retain_until) FILTER (WHERE retain_until >= $2)
  AS retain_until, max(review_at) AS review_at FROM receipt_retained GROUP BY subject_id),
receipt_holds AS (SELECT subject_id, json_agg(hold_id ORDER BY hold_id) AS ids, min(receipt_held.review_at) AS review_at
  FROM receipt_held JOIN receipt_retentions USING (subject_id) GROUP BY subject_id),
receipt_reasons AS (SELECT subject_id, string_agg(DISTINCT p, '; ') AS provision, string_agg(DISTINCT e, '; ') AS exception
  FROM (SELECT subject_id, provisions, exemptions FROM receipt_retained
    UNION ALL SELECT subject_id, provisions, exemptions FROM receipt_held JOIN receipt_retentions USING (subject_id)) AS ground,
  unnest(provisions, exemptions) AS reason (p, e) GROUP BY subject_id),
receipt_payer_id_mentions AS (SELECT payer_id AS subject_id, count(*) AS rows FROM receipt WHERE payer_id = ANY ($1) GROUP BY payer_id),
receipt_emptied AS (UPDATE receipt SET payer_id = CASE WHEN payer_id = ANY ($1) THEN NULL ELSE payer_id END
  WHERE (payer_id = ANY ($1)) AND subject_id <> ALL ($1)),
membership_held AS (SELECT * FROM held WHERE scope && '{*,D8}'),
membership_deleted AS (DELETE FROM membership WHERE subject_id = ANY ($1) AND NOT ((review_at IS NOT NULL OR retain_until >= $2) IS TRUE OR subject_id IN (SELECT subject_id FROM membership_held)) RETURNING subject_id),
membership_deletions AS (SELECT subject_id, count(*) AS rows FROM membership_deleted GROUP BY subject_id),
membership_retained AS (UPDATE membership SET live = false, retain_until = CASE WHEN (review_at IS NOT NULL OR retain_until >= $2) THEN retain_until ELSE coalesce(retain_until, $2::date - 1) END, provisions = CASE WHEN cardinality(provisions) > 0 THEN provisions ELSE (SELECT h.provisions FROM membership_held h WHERE h.subject_id = membership.subject_id LIMIT 1) END, exemptions = CASE WHEN cardinality(provisions) > 0 THEN exemptions ELSE (SELECT h.exemptions FROM membership_held h WHERE h.subject_id = membership.subject_id LIMIT 1) END WHERE subject_id = ANY ($1) AND ((review_at IS NOT NULL OR retain_until >= $2) IS TRUE OR subject_id IN (SELECT subject_id FROM membership_held))
  RETURNING subject_id, retain_until, review_at, provisions, exemptions),
membership_retentions AS (SELECT subject_id, count(*) AS rows, max(retain_until) FILTER (WHERE retain_until >= $2)
  AS retain_until, max(review_at) AS review_at FROM membership_retained GROUP BY subject_id),
membership_holds AS (SELECT subject_id, json_agg(hold_id ORDER BY hold_id) AS ids, min(membership_held.review_at) AS review_at
  FROM membership_held JOIN membership_retentions USING (subject_id) GROUP BY subject_id),
membership_reasons AS (SELECT subject_id, string_agg(DISTINCT p, '; ') AS provision, string_agg(DISTINCT e, '; ') AS exception
  FROM (SELECT subject_id, provisions, exemptions FROM membership_retained
    UNION ALL SELECT subject_id, provisions, exemptions FROM membership_held JOIN membership_retentions USING (subject_id)) AS ground,
  unnest(provisions, exemptions) AS reason (p, e) GROUP BY subject_id),
permission_deleted AS (DELETE FROM permission WHERE subject_id = ANY ($1) RETURNING subject_id),
permission_deletions AS (SELECT subject_id, count(*) AS rows FROM permission_deleted GROUP BY subject_id),
hold_held AS (SELECT * FROM held WHERE true),
hold_deleted AS (DELETE FROM hold WHERE subject_id = ANY ($1) AND NOT ((review_at IS NOT NULL OR retain_until >= $2) IS TRUE OR subject_id IN (SELECT subject_id FROM hold_held)) RETURNING subject_id),
hold_deletions AS (SELECT subject_id, count(*) AS rows FROM hold_deleted GROUP BY subject_id),
hold_retained AS (UPDATE hold SET live = false, retain_until = CASE WHEN (review_at IS NOT NULL OR retain_until >= $2) THEN retain_until ELSE coalesce(retain_until, $2::date - 1) END, provisions = CASE WHEN cardinality(provisions) > 0 THEN provisions ELSE (SELECT h.provisions FROM hold_held h WHERE h.subject_id = hold.subject_id LIMIT 1) END, exemptions = CASE WHEN cardinality(provisions) > 0 THEN exemptions ELSE (SELECT h.exemptions FROM hold_held h WHERE h.subject_id = hold.subject_id LIMIT 1) END WHERE subject_id = ANY ($1) AND ((review_at IS NOT NULL OR retain_until >= $2) IS TRUE OR subject_id IN (SELECT subject_id FROM hold_held))
  RETURNING subject_id, retain_until, review_at, provisions, exemptions),
hold_retentions AS (SELECT subject_id, count(*) AS rows, max(retain_until) FILTER (WHERE retain_until >= $2)
  AS retain_until, max(review_at) AS review_at FROM hold_retained GROUP BY subject_id),
hold_holds AS (SELECT subject_id, json_agg(hold_id ORDER BY hold_id) AS ids, min(hold_held.review_at) AS review_at
  FROM hold_held JOIN hold_retentions USING (subject_id) GROUP BY subject_id),
hold_reasons AS (SELECT subject_id, string_agg(DISTINCT p, '; ') AS provision, string_agg(DISTINCT e, '; ') AS exception
  FROM (SELECT subject_id, provisions, exemptions FROM hold_retained
    UNION ALL SELECT subject_id, provisions, exemptions FROM hold_held JOIN hold_retentions USING (subject_id)) AS ground,
  unnest(provisions, exemptions) AS reason (p, e) GROUP BY subject_id),
flipped AS (UPDATE subject SET live = false WHERE subject_id = ANY ($1) AND live RETURNING subject_id),
report AS (SELECT json_build_object('order_id', $3::uuid, 'service', 'sample',
  'map_version', 1, 'part', $4::smallint, 'at', $2::date, 'subjects', to_json($1::uuid[]),
  'tables', json_build_array((SELECT json_build_object('table', 'note', 'categories', '["D10"]'::json,
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE 'purged' END ORDER BY place),
  'rows', json_agg(coalesce(rows, 0) ORDER BY place))
  FROM people LEFT JOIN note_deletions USING (subject_id)),
(SELECT json_build_object('table', 'note', 'columns', 'friend_id', 'categories', '["D10"]'::json,
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE 'anonymized' END ORDER BY place),
  'rows', json_agg(coalesce(rows, 0) ORDER BY place))
  FROM people LEFT JOIN note_friend_id_mentions USING (subject_id)),
(SELECT json_build_object('table', 'note', 'columns', 'author_id', 'categories', '["D10"]'::json,
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE 'anonymized' END ORDER BY place),
  'rows', json_agg(coalesce(rows, 0) ORDER BY place))
  FROM people LEFT JOIN note_author_id_mentions USING (subject_id)),
(SELECT json_build_object('table', 'receipt', 'categories', '["D9"]'::json,
  'outcome', json_agg(CASE WHEN kept.review_at IS NOT NULL OR holds.ids IS NOT NULL THEN 'refused'
    WHEN kept.rows IS NOT NULL THEN 'retained' WHEN gone.rows IS NOT NULL THEN 'purged'
    ELSE 'nothing_held' END ORDER BY place),
  'rows', json_agg(coalesce(kept.rows, gone.rows, 0) ORDER BY place),
  'purged_rows', json_agg(coalesce(gone.rows, 0) ORDER BY place),
  'retain_until', json_agg(kept.retain_until ORDER BY place),
  'review_at', json_agg(least(kept.review_at, holds.review_at) ORDER BY place),
  'provision', json_agg(why.provision ORDER BY place), 'exception', json_agg(why.exception ORDER BY place),
  'holds', json_agg(holds.ids ORDER BY place))
  FROM people LEFT JOIN receipt_deletions gone USING (subject_id) LEFT JOIN receipt_retentions kept USING (subject_id)
  LEFT JOIN receipt_reasons why USING (subject_id) LEFT JOIN receipt_holds holds USING (subject_id)),
(SELECT json_build_object('table', 'receipt', 'columns', 'wish', 'categories', '["D10"]'::json,
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE 'purged' END ORDER BY place),
  'rows', json_agg(coalesce(rows, 0) ORDER BY place))
  FROM people LEFT JOIN receipt_retentions USING (subject_id)),
(SELECT json_build_object('table', 'receipt', 'columns', 'payer_id', 'categories', '["D9"]'::json,
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE 'anonymized' END ORDER BY place),
  'rows', json_agg(coalesce(rows, 0) ORDER BY place))
  FROM people LEFT JOIN receipt_payer_id_mentions USING (subject_id)),
(SELECT json_build_object('table', 'membership', 'categories', '["D8"]'::json,
  'outcome', json_agg(CASE WHEN kept.review_at IS NOT NULL OR holds.ids IS NOT NULL THEN 'refused'
    WHEN kept.rows IS NOT NULL THEN 'retained' WHEN gone.rows IS NOT NULL THEN 'purged'
    ELSE 'nothing_held' END ORDER BY place),
  'rows', json_agg(coalesce(kept.rows, gone.rows, 0) ORDER BY place),
  'purged_rows', json_agg(coalesce(gone.rows, 0) ORDER BY place),
  'retain_until', json_agg(kept.retain_until ORDER BY place),
  'review_at', json_agg(least(kept.review_at, holds.review_at) ORDER BY place),
  'provision', json_agg(why.provision ORDER BY place), 'exception', json_agg(why.exception ORDER BY place),
  'holds', json_agg(holds.ids ORDER BY place))
  FROM people LEFT JOIN membership_deletions gone USING (subject_id) LEFT JOIN membership_retentions kept USING (subject_id)
  LEFT JOIN membership_reasons why USING (subject_id) LEFT JOIN membership_holds holds USING (subject_id)),
(SELECT json_build_object('table', 'permission', 'categories', '["D13"]'::json,
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE 'purged' END ORDER BY place),
  'rows', json_agg(coalesce(rows, 0) ORDER BY place))
  FROM people LEFT JOIN permission_deletions USING (subject_id)),
(SELECT json_build_object('table', 'hold', 'categories', '["D15"]'::json,
  'outcome', json_agg(CASE WHEN kept.review_at IS NOT NULL OR holds.ids IS NOT NULL THEN 'refused'
    WHEN kept.rows IS NOT NULL THEN 'retained' WHEN gone.rows IS NOT NULL THEN 'purged'
    ELSE 'nothing_held' END ORDER BY place),
  'rows', json_agg(coalesce(kept.rows, gone.rows, 0) ORDER BY place),
  'purged_rows', json_agg(coalesce(gone.rows, 0) ORDER BY place),
  'retain_until', json_agg(kept.retain_until ORDER BY place),
  'review_at', json_agg(least(kept.review_at, holds.review_at) ORDER BY place),
  'provision', json_agg(why.provision ORDER BY place), 'exception', json_agg(why.exception ORDER BY place),
  'holds', json_agg(holds.ids ORDER BY place))
  FROM people LEFT JOIN hold_deletions gone USING (subject_id) LEFT JOIN hold_retentions kept USING (subject_id)
  LEFT JOIN hold_reasons why USING (subject_id) LEFT JOIN hold_holds holds USING (subject_id))))::text AS body),
stored AS (INSERT INTO erasure_report (order_id, part, body) SELECT $3, $4, body FROM report),
published AS (INSERT INTO outbox (type, body, traceparent)
  SELECT 'sample.erasure-reported.v1', body, $5::text FROM report WHERE $6)
SELECT count(*) FROM flipped
