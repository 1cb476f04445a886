"""The erasure of many people as one statement, compiled from the data map.

PostgreSQL deletes, empties, flips, counts and writes the report itself: Python objects per person and
table would cost more than the deletes.
"""

from shared.personal_data.data_map import Column, DataMap, Table

# Parameters of the compiled statement: $1 people uuid[], $2 today, $3 order id, $4 part, $5 traceparent,
# $6 whether the report is to be published.
HEAD = """
WITH people AS (SELECT subject_id, n FROM unnest($1::uuid[]) WITH ORDINALITY AS p (subject_id, n)),
"""
FLIP = """
flipped AS (UPDATE subject SET live = false WHERE subject_id = ANY ($1) AND live RETURNING subject_id),
"""


def statement(data_map: DataMap) -> str:
    """The SQL that erases `$1` and stores (and publishes, if `$6`) the report.

    The people must be locked by `lethe.lock_people` in an earlier statement of the transaction, so
    that this one sees everything their writers had committed.
    """
    steps = "".join(_steps(table) for table in data_map.everything)
    entries = ",\n".join(entry for table in data_map.everything for entry in _entries(table))
    return HEAD + steps + FLIP + _report(data_map, entries)


def _steps(table: Table) -> str:
    steps = _keep(table) if table.kept else _delete(table, "")
    return steps + "".join(_named(table, column) for column in table.others) + _leave(table)


def _delete(table: Table, condition: str) -> str:
    t = table.name
    return f"""
{t}_gone AS (DELETE FROM {t} WHERE subject_id = ANY ($1){condition} RETURNING subject_id),
{t}_purged AS (SELECT subject_id, count(*) AS rows FROM {t}_gone GROUP BY subject_id),"""


def _keep(table: Table) -> str:
    """Rows whose reason still holds are emptied and taken out of live use; the others go."""
    t = table.name
    emptied = "".join(f", {c.name} = NULL" for c in table.blanked) + "".join(f", {_unnamed(c)}" for c in table.others)
    reason = "(review_at IS NOT NULL OR retain_until >= $2)"
    return (
        _delete(table, f" AND {reason} IS NOT TRUE")
        + f"""
{t}_held AS (UPDATE {t} SET live = false{emptied} WHERE subject_id = ANY ($1) AND {reason}
  RETURNING subject_id, retain_until, review_at, provisions, exemptions),
{t}_reasons AS (SELECT subject_id, string_agg(DISTINCT p, '; ') AS provision, string_agg(DISTINCT e, '; ') AS exception
  FROM {t}_held, unnest(provisions, exemptions) AS reason (p, e) GROUP BY subject_id),
{t}_kept AS (SELECT subject_id, count(*) AS rows, max(retain_until) AS retain_until, max(review_at) AS review_at
  FROM {t}_held GROUP BY subject_id),"""
    )


def _named(table: Table, column: Column) -> str:
    """How many rows name each person in a column that is about to be emptied."""
    t, c = table.name, column.name
    return f"""
{t}_{c}_left AS (SELECT {c} AS subject_id, count(*) AS rows FROM {t} WHERE {c} = ANY ($1) GROUP BY {c}),"""


def _leave(table: Table) -> str:
    """The people leave the rows of others. Their own rows are left out: they are deleted or held by
    another part of this statement, and a row touched twice in one statement keeps only one change.
    """
    if not table.others:
        return ""
    named = " OR ".join(f"{c.name} = ANY ($1)" for c in table.others)
    return f"""
{table.name}_left AS (UPDATE {table.name} SET {", ".join(_unnamed(c) for c in table.others)}
  WHERE ({named}) AND subject_id <> ALL ($1)),"""


def _unnamed(column: Column) -> str:
    return f"{column.name} = CASE WHEN {column.name} = ANY ($1) THEN NULL ELSE {column.name} END"


def _entries(table: Table) -> list[str]:
    entries = [_kept_entry(table) if table.kept else _purged_entry(table)]
    if table.kept and table.blanked:
        entries.append(_blanked_entry(table))
    return entries + [_left_entry(table, column) for column in table.others]


def _categories(categories: list[str]) -> str:
    return "'[" + ", ".join(f'"{c}"' for c in categories) + "]'::json"


def _purged_entry(table: Table) -> str:
    t = table.name
    return f"""(SELECT json_build_object('table', '{t}', 'categories', {_categories(list(table.categories))},
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE 'purged' END ORDER BY n),
  'rows', json_agg(coalesce(rows, 0) ORDER BY n))
  FROM people LEFT JOIN {t}_purged USING (subject_id))"""


def _kept_entry(table: Table) -> str:
    t = table.name
    return f"""(SELECT json_build_object('table', '{t}', 'categories', {_categories(list(table.categories))},
  'outcome', json_agg(CASE WHEN k.review_at IS NOT NULL THEN 'refused' WHEN k.rows IS NOT NULL THEN 'retained'
     WHEN p.rows IS NOT NULL THEN 'purged' ELSE 'nothing_held' END ORDER BY n),
  'rows', json_agg(coalesce(k.rows, p.rows, 0) ORDER BY n),
  'purged_rows', json_agg(coalesce(p.rows, 0) ORDER BY n),
  'retain_until', json_agg(k.retain_until ORDER BY n), 'review_at', json_agg(k.review_at ORDER BY n),
  'provision', json_agg(r.provision ORDER BY n), 'exception', json_agg(r.exception ORDER BY n))
  FROM people LEFT JOIN {t}_purged p USING (subject_id) LEFT JOIN {t}_kept k USING (subject_id)
  LEFT JOIN {t}_reasons r USING (subject_id))"""


def _blanked_entry(table: Table) -> str:
    t = table.name
    columns = ", ".join(c.name for c in table.blanked)
    categories = sorted({c.category for c in table.blanked if c.category})
    return f"""(SELECT json_build_object('table', '{t}', 'columns', '{columns}',
  'categories', {_categories([str(c) for c in categories])},
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE 'purged' END ORDER BY n),
  'rows', json_agg(coalesce(rows, 0) ORDER BY n))
  FROM people LEFT JOIN {t}_kept USING (subject_id))"""


def _left_entry(table: Table, column: Column) -> str:
    t, c = table.name, column.name
    return f"""(SELECT json_build_object('table', '{t}', 'columns', '{c}',
  'categories', {_categories([column.category or table.category])},
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE 'anonymized' END ORDER BY n),
  'rows', json_agg(coalesce(rows, 0) ORDER BY n))
  FROM people LEFT JOIN {t}_{c}_left USING (subject_id))"""


def _report(data_map: DataMap, entries: str) -> str:
    service = data_map.service
    return f"""
report AS (SELECT json_build_object('order_id', $3::uuid, 'service', '{service}',
  'map_version', {data_map.version}, 'part', $4::smallint, 'at', $2::date, 'subjects', to_json($1),
  'tables', json_build_array({entries}))::text AS body),
stored AS (INSERT INTO erasure_report (order_id, part, body) SELECT $3, $4, body FROM report),
told AS (INSERT INTO outbox (type, body, traceparent)
  SELECT '{service}.erasure-reported.v1', body, $5::text FROM report WHERE $6)
SELECT count(*) FROM flipped
"""


# The report on one person whose erasure failed for a permanent reason; $6 sqlstate, $7 constraint, $8 published.
def failure_statement(data_map: DataMap) -> str:
    """The SQL that stores and publishes that `$1` could not be erased."""
    tables = ", ".join(
        f"""json_build_object('table', '{t.name}', 'categories', {_categories(list(t.categories))},
        'outcome', json_build_array('failed'), 'rows', json_build_array(0))"""
        for t in data_map.everything
    )
    return f"""
WITH report AS (SELECT json_build_object('order_id', $3::uuid, 'service', '{data_map.service}',
  'map_version', {data_map.version}, 'part', $4::smallint, 'at', $2::date, 'subjects', to_json($1::uuid[]),
  'failure', json_build_object('sqlstate', $6::text, 'constraint', $7::text),
  'tables', json_build_array({tables}))::text AS body),
stored AS (INSERT INTO erasure_report (order_id, part, body) SELECT $3, $4, body FROM report)
INSERT INTO outbox (type, body, traceparent)
SELECT '{data_map.service}.erasure-reported.v1', body, $5::text FROM report WHERE $8
"""
