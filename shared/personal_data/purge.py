"""The erasure of many people as one statement, compiled from the data map.

PostgreSQL deletes, empties, flips, counts and writes the report itself: Python objects per person and
table would cost more than the deletes. A compiled statement to read is tests/golden/sample_purge.sql.

Both statements take the same parameters: $1 the people (uuid[]), $2 today, $3 the order's id, $4 the part of the
answer, $5 the traceparent, $6 whether the report is to be published; that of a failure also $7 SQLSTATE and
$8 constraint.
"""

from collections.abc import Iterable

from shared.personal_data.data_map import HOLD, Column, DataMap, Table
from shared.personal_data.holds import IN_FORCE, covers

PEOPLE = f"""WITH people AS (SELECT subject_id, place FROM unnest($1::uuid[]) WITH ORDINALITY AS p (subject_id, place)),
held AS (SELECT hold_id, subject_id, scope, review_at, provisions, exemptions FROM hold
  WHERE subject_id = ANY ($1) AND {IN_FORCE}),"""
# Fails while a live row is left, and turns the rows that the law keeps into retained ones (kit_0001.sql).
FLIP = """
flipped AS (UPDATE subject SET live = false WHERE subject_id = ANY ($1) AND live RETURNING subject_id),"""


def statement(data_map: DataMap) -> str:
    """The SQL that erases the people and stores (and publishes) the report.

    They must be locked by `lethe.lock_people` in an earlier statement of the transaction, so that this one
    sees everything their writers had committed.
    """
    tables = data_map.everything
    steps = "".join(_steps(table) for table in tables)
    entries = ",\n".join(entry for table in tables for entry in _entries(table))
    report = f"""
report AS (SELECT json_build_object({_head(data_map)},
  'tables', json_build_array({entries}))::text AS body),"""
    return f"{PEOPLE}{steps}{FLIP}{report}{_stored(data_map)}\nSELECT count(*) FROM flipped\n"


def failure_statement(data_map: DataMap) -> str:
    """The SQL that stores (and publishes) that one person could not be erased for a permanent reason."""
    entries = ",\n".join(_failed_entry(table) for table in data_map.everything)
    report = f"""WITH report AS (SELECT json_build_object({_head(data_map)},
  'failure', json_build_object('sqlstate', $7::text, 'constraint', $8::text),
  'tables', json_build_array({entries}))::text AS body),"""
    return f"{report}{_stored(data_map)}\nSELECT count(*) FROM report\n"


# ── Steps: what happens to the rows ─────────────────────────────────────────────────────────────


def _steps(table: Table) -> str:
    own = _retain(table) if table.kept else _delete(table)
    mentions = "".join(_count_mentions(table, column) for column in table.others)
    return own + mentions + _empty_mentions(table)


def _delete(table: Table, condition: str = "") -> str:
    t = table.name
    return f"""
{t}_deleted AS (DELETE FROM {t} WHERE subject_id = ANY ($1){condition} RETURNING subject_id),
{t}_deletions AS (SELECT subject_id, count(*) AS rows FROM {t}_deleted GROUP BY subject_id),"""


REASON = "(review_at IS NOT NULL OR retain_until >= $2)"


def _retain(table: Table) -> str:
    """Rows whose reason still holds, or that are held, are emptied and taken out of live use; the others go."""
    t = table.name
    emptied = [f"{c.name} = NULL" for c in table.blanked] + [_without_the_erased(c) for c in table.others]
    assignments = ", ".join(["live = false", *_dated_back(t), *emptied])
    stays = f"({REASON} IS TRUE OR subject_id IN (SELECT subject_id FROM {t}_held))"
    return (
        f"""
{t}_held AS (SELECT * FROM held WHERE {"true" if table is HOLD else covers(table)}),"""
        + _delete(table, f" AND NOT {stays}")
        + f"""
{t}_retained AS (UPDATE {t} SET {assignments} WHERE subject_id = ANY ($1) AND {stays}
  RETURNING subject_id, retain_until, review_at, provisions, exemptions),
{t}_retentions AS (SELECT subject_id, count(*) AS rows, max(retain_until) FILTER (WHERE retain_until >= $2)
  AS retain_until, max(review_at) AS review_at FROM {t}_retained GROUP BY subject_id),
{t}_holds AS (SELECT subject_id, json_agg(hold_id ORDER BY hold_id) AS ids, min({t}_held.review_at) AS review_at
  FROM {t}_held JOIN {t}_retentions USING (subject_id) GROUP BY subject_id),
{t}_reasons AS (SELECT subject_id, string_agg(DISTINCT p, '; ') AS provision, string_agg(DISTINCT e, '; ') AS exception
  FROM (SELECT subject_id, provisions, exemptions FROM {t}_retained
    UNION ALL SELECT subject_id, provisions, exemptions FROM {t}_held JOIN {t}_retentions USING (subject_id)) AS ground,
  unnest(provisions, exemptions) AS reason (p, e) GROUP BY subject_id),"""
    )


def _dated_back(t: str) -> list[str]:
    """What stays for a hold alone is due as soon as the hold is released; until then its reason is the hold's."""
    of_hold = f"(SELECT h.{{}} FROM {t}_held h WHERE h.subject_id = {t}.subject_id LIMIT 1)"
    return [
        f"retain_until = CASE WHEN {REASON} THEN retain_until ELSE coalesce(retain_until, $2::date - 1) END",
        *(
            f"{each} = CASE WHEN cardinality(provisions) > 0 THEN {each} ELSE {of_hold.format(each)} END"
            for each in ("provisions", "exemptions")
        ),
    ]


def _count_mentions(table: Table, column: Column) -> str:
    """How many rows name each person in a column that is about to be emptied."""
    t, c = table.name, column.name
    return f"""
{t}_{c}_mentions AS (SELECT {c} AS subject_id, count(*) AS rows FROM {t} WHERE {c} = ANY ($1) GROUP BY {c}),"""


def _empty_mentions(table: Table) -> str:
    """The people leave the rows of others. Their own rows are left out: they are deleted or retained by
    another part of this statement, and a row touched twice in one statement keeps only one change.
    """
    if not table.others:
        return ""
    named = " OR ".join(f"{c.name} = ANY ($1)" for c in table.others)
    return f"""
{table.name}_emptied AS (UPDATE {table.name} SET {", ".join(map(_without_the_erased, table.others))}
  WHERE ({named}) AND subject_id <> ALL ($1)),"""


def _without_the_erased(column: Column) -> str:
    return f"{column.name} = CASE WHEN {column.name} = ANY ($1) THEN NULL ELSE {column.name} END"


# ── Entries: what the report says of them, one value per person, in the order of the people ─────


def _entries(table: Table) -> list[str]:
    entries = [_retained_entry(table) if table.kept else _deleted_entry(table)]
    if table.kept and table.blanked:
        entries.append(_blanked_entry(table))
    return entries + [_mention_entry(table, column) for column in table.others]


def _deleted_entry(table: Table) -> str:
    return _counted_entry(_named(table.name, table.categories), "purged", f"{table.name}_deletions")


def _blanked_entry(table: Table) -> str:
    categories = sorted({c.category for c in table.blanked if c.category})
    columns = ", ".join(c.name for c in table.blanked)
    return _counted_entry(_named(table.name, categories, columns), "purged", f"{table.name}_retentions")


def _mention_entry(table: Table, column: Column) -> str:
    named = _named(table.name, [column.category or table.category], column.name)
    return _counted_entry(named, "anonymized", f"{table.name}_{column.name}_mentions")


def _counted_entry(named: str, outcome: str, counts: str) -> str:
    return f"""(SELECT json_build_object({named},
  'outcome', json_agg(CASE WHEN rows IS NULL THEN 'nothing_held' ELSE '{outcome}' END ORDER BY place),
  'rows', json_agg(coalesce(rows, 0) ORDER BY place))
  FROM people LEFT JOIN {counts} USING (subject_id))"""


def _retained_entry(table: Table) -> str:
    t = table.name
    return f"""(SELECT json_build_object({_named(t, table.categories)},
  'outcome', json_agg(CASE WHEN kept.review_at IS NOT NULL OR holds.ids IS NOT NULL THEN 'refused'
    WHEN kept.rows IS NOT NULL THEN 'retained' WHEN gone.rows IS NOT NULL THEN 'purged'
    ELSE 'nothing_held' END ORDER BY place),
  'rows', json_agg(coalesce(kept.rows, gone.rows, 0) ORDER BY place),
  'purged_rows', json_agg(coalesce(gone.rows, 0) ORDER BY place),
  'retain_until', json_agg(kept.retain_until ORDER BY place),
  'review_at', json_agg(least(kept.review_at, holds.review_at) ORDER BY place),
  'provision', json_agg(why.provision ORDER BY place), 'exception', json_agg(why.exception ORDER BY place),
  'holds', json_agg(holds.ids ORDER BY place))
  FROM people LEFT JOIN {t}_deletions gone USING (subject_id) LEFT JOIN {t}_retentions kept USING (subject_id)
  LEFT JOIN {t}_reasons why USING (subject_id) LEFT JOIN {t}_holds holds USING (subject_id))"""


def _failed_entry(table: Table) -> str:
    return f"""json_build_object({_named(table.name, table.categories)},
  'outcome', json_build_array('failed'), 'rows', json_build_array(0))"""


def _named(table: str, categories: Iterable[str], columns: str = "") -> str:
    listed = ", ".join(f'"{category}"' for category in categories)
    of_columns = f"'columns', '{columns}', " if columns else ""
    return f"'table', '{table}', {of_columns}'categories', '[{listed}]'::json"


# ── The report ──────────────────────────────────────────────────────────────────────────────────


def _head(data_map: DataMap) -> str:
    return f"""'order_id', $3::uuid, 'service', '{data_map.service}',
  'map_version', {data_map.version}, 'part', $4::smallint, 'at', $2::date, 'subjects', to_json($1::uuid[])"""


def _stored(data_map: DataMap) -> str:
    return f"""
stored AS (INSERT INTO erasure_report (order_id, part, body) SELECT $3, $4, body FROM report),
published AS (INSERT INTO outbox (type, body, traceparent)
  SELECT '{data_map.service}.erasure-reported.v1', body, $5::text FROM report WHERE $6)"""
