"""What breaks between two versions of a contract: who would refuse, or miss, what the other one says.

Events and replies are read by others, requests are written by others; a message may be older or newer
than its reader, as queues keep messages and services are updated one after the other. A reader ignores
fields that it does not know.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
SAME = ("pattern", "format", "multipleOf", "uniqueItems")


def breaking_event(old: Schema, new: Schema) -> list[str]:
    """Differences of an event that break a reader, old or new."""
    differences = [] if old.get("late") == new.get("late") else ["what a late one does has changed"]
    return differences + _both_ways(old["message"], new.get("message", {}))


def breaking_request(old: Schema, new: Schema) -> list[str]:
    """Differences of a request that break an asker; its reply is read by others like an event."""
    request, reply = new.get("request", {}), new.get("reply", {})
    differences = [f"{asker} may not ask it any more" for asker in sorted({*old["askers"]} - {*new.get("askers", [])})]
    if new.get("actor") not in (None, old["actor"]):
        differences += ["it demands another actor"]
    differences += [*_removed(old["request"], request), *_narrower(old["request"], request)]
    return [*differences, *(f"reply {reason}" for reason in _both_ways(old["reply"], reply))]


def _both_ways(old: Schema, new: Schema) -> list[str]:
    """A new reader must accept what was written before, an old one what is written from now on."""
    widened = (f"{reason} for those who read by the old contract" for reason in _narrower(new, old))
    return list(dict.fromkeys([*_removed(old, new), *_narrower(old, new), *widened]))


def _removed(old: Schema, new: Schema) -> list[str]:
    before, after = set(_fields(old, old)), set(_fields(new, new))
    return [f"{path} is gone" for path in sorted(before - after)]


def _fields(schema: Schema, root: Schema, path: str = "", seen: tuple[str, ...] = ()) -> Iterator[str]:
    """The path of every field, through lists, alternatives and references."""
    if (reference := schema.get("$ref")) and reference in seen:
        return
    seen = (*seen, schema["$ref"]) if "$ref" in schema else seen
    schema = _resolved(schema, root)
    for name, part in schema.get("properties", {}).items():
        yield _join(path, name)
        yield from _fields(part, root, _join(path, name), seen)
    for part in [*schema.get("anyOf", []), *schema.get("prefixItems", []), *_inner(schema)]:
        yield from _fields(part, root, path, seen)


def _inner(schema: Schema) -> list[Schema]:
    return [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]


def _narrower(wide: Schema, narrow: Schema) -> list[str]:
    """Why something that `wide` allows is refused by `narrow`, one reason per field."""
    return list(dict.fromkeys(_refusals(wide, narrow, (wide, narrow), "", ())))


def _refusals(
    a: Schema, b: Schema, roots: tuple[Schema, Schema], path: str, seen: tuple[tuple[Any, Any], ...]
) -> Iterator[str]:
    pair = (a.get("$ref"), b.get("$ref"))
    if all(pair) and pair in seen:
        return
    a, b, seen = _resolved(a, roots[0]), _resolved(b, roots[1]), (*seen, pair)
    if "anyOf" in a or "anyOf" in b:
        yield from _alternatives(a, b, roots, path, seen)
        return
    yield from _values(a, b, path or "the whole")
    for name in sorted(set(b.get("required", [])) - set(a.get("required", []))):
        yield f"{_join(path, name)} is required"
    both = a.get("properties", {}).keys() & b.get("properties", {}).keys()
    for name in sorted(both):
        yield from _refusals(a["properties"][name], b["properties"][name], roots, _join(path, name), seen)
    for key in ("items", "additionalProperties"):
        if isinstance(a.get(key), dict) and isinstance(b.get(key), dict):
            yield from _refusals(a[key], b[key], roots, f"{path}[]", seen)
    if len(a.get("prefixItems", [])) != len(b.get("prefixItems", [])):
        yield f"{path} has another number of parts"
    for n, (one, other) in enumerate(zip(a.get("prefixItems", []), b.get("prefixItems", []), strict=False)):
        yield from _refusals(one, other, roots, f"{path}[{n}]", seen)


def _alternatives(
    a: Schema, b: Schema, roots: tuple[Schema, Schema], path: str, seen: tuple[tuple[Any, Any], ...]
) -> Iterator[str]:
    """Every alternative of the one must fit into some alternative of the other."""
    for one in a.get("anyOf", [a]):
        reasons = [list(_refusals(one, other, roots, path, seen)) for other in b.get("anyOf", [b])]
        if all(reasons):
            yield from min(reasons, key=len)


def _values(a: Schema, b: Schema, path: str) -> Iterator[str]:
    """Whether the plain values of the one are values of the other."""
    if "type" in b and a.get("type") != b["type"] and (a.get("type"), b["type"]) != ("integer", "number"):
        yield f"{path} is no longer {a.get('type', 'anything')}"
        return
    allowed, offered = _enumerated(b), _enumerated(a)
    if allowed is not None and (offered is None or not offered <= allowed):
        yield f"{path} allows less: {', '.join(sorted(map(str, (offered or {'anything'}) - allowed)))}"
    for key in LOWER:
        if key in b and a.get(key, float("-inf")) < b[key]:
            yield f"{path} has a higher {key}"
    for key in UPPER:
        if key in b and a.get(key, float("inf")) > b[key]:
            yield f"{path} has a lower {key}"
    for key in SAME:
        if key in b and a.get(key) != b[key]:
            yield f"{path} has another {key}"


def _enumerated(schema: Schema) -> set[Any] | None:
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) if "enum" in schema else None


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema behind a reference."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
