WITH report AS (SELECT json_build_object('order_id', $3::uuid, 'service', 'sample',
  'map_version', 1, 'part', $4::smallint, 'at', $2::date, 'subjects', to_json($1::uuid[]),
  'failure', json_build_object('sqlstate', $7::text, 'constraint', $8::text),
  'tables', json_build_array(json_build_object('table', 'note', 'categories', '["D10"]'::json,
  'outcome', json_build_array('failed'), 'rows', json_build_array(0)),
json_build_object('table', 'receipt', 'categories', '["D9"]'::json,
  'outcome', json_build_array('failed'), 'rows', json_build_array(0)),
json_build_object('table', 'membership', 'categories', '["D8"]'::json,
  'outcome', json_build_array('failed'), 'rows', json_build_array(0)),
json_build_object('table', 'permission', 'categories', '["D13"]'::json,
  'outcome', json_build_array('failed'), 'rows', json_build_array(0)),
json_build_object('table', 'hold', 'categories', '["D15"]'::json,
  'outcome', json_build_array('failed'), 'rows', json_build_array(0))))::text AS body),
stored AS (INSERT INTO erasure_report (order_id, part, body) SELECT $3, $4, body FROM report),
published AS (INSERT INTO outbox (type, body, traceparent)
  SELECT 'sample.erasure-reported.v1', body, $5::text FROM report WHERE $6)
SELECT count(*) FROM report
