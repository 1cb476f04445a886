"""What was wrong with which field, in words that carry no values."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.message import FieldError, Problem

LONGEST_NAME = 60
OURS = "Value error, "


def invalid(errors: Iterable[Mapping[str, Any]], outside: int = 0) -> Problem:
    """A problem from pydantic's errors; `outside` is how many leading parts of a location name no field."""
    found = tuple(FieldError(field=_name(e["loc"][outside:]), message=_words(e)) for e in errors)
    return Problem(title="the request is not valid", status=422, errors=found)


def _name(location: Iterable[Any]) -> str:
    """A field's name; a name that the client made up is shown only as far as it is harmless."""
    name = ".".join(str(part) for part in location)[:LONGEST_NAME]
    return re.sub(r"[^A-Za-z0-9_.\-]", "?", name) or "body"


def _words(error: Mapping[str, Any]) -> str:
    """The library's sentence, without the part in which it quotes the input (UUIDs, dates, addresses)."""
    message, context = str(error["msg"]), error.get("ctx", {})
    if message.startswith(OURS):
        return message.removeprefix(OURS)
    if "reason" in context or "error" in context:
        return re.split("[,:]", message, maxsplit=1)[0]
    return message
