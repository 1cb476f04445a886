"""Refusals: what was wrong with which field, in words that carry no values (RFC 9457)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.message import Message

LONGEST_NAME = 60
OURS = "Value error, "


class FieldError(Message):
    """One field that was refused and why, without its value."""

    field: str
    message: str


class Problem(Message):
    """A refusal in the fields of RFC 9457; `status` is the HTTP status the gateway answers with."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    retry_after: int = 0
    """Seconds to wait; the gateway answers them as Retry-After."""


class Refused(Exception):
    """A request was answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


class Unavailable(Refused):
    """No answer: the service is absent, the broker is away, or the deadline passed."""


def refuse(
    status: int, title: str, *, field: str = "", message: str = "", kind: str = "about:blank", retry_after: int = 0
) -> Refused:
    """A problem to raise; `field` names the input that was wrong, never its value."""
    errors = (FieldError(field=field, message=message or title),) if field else ()
    return Refused(
        Problem(type=kind, title=title, status=status, detail=message, errors=errors, retry_after=retry_after)
    )


def unavailable(service: str) -> Unavailable:
    """The problem for a service that does not answer."""
    return Unavailable(Problem(title=f"{service} is unavailable", status=503, detail="try again in a few seconds"))


def invalid(errors: Iterable[Mapping[str, Any]], outside: int = 0) -> Problem:
    """A problem from pydantic's errors; `outside` is how many leading parts of a location name no field."""
    fields = tuple(FieldError(field=_name(e["loc"][outside:]), message=_sentence(e)) for e in errors)
    return Problem(title="the request is not valid", status=422, errors=fields)


def _name(location: Iterable[Any]) -> str:
    """A field's name; a name that the client made up is shown only as far as it is harmless."""
    name = ".".join(str(part) for part in location)[:LONGEST_NAME]
    return re.sub(r"[^A-Za-z0-9_.\-]", "?", name) or "body"


def _sentence(error: Mapping[str, Any]) -> str:
    """The library's sentence, without the part in which it quotes the input (UUIDs, dates, addresses)."""
    message, context = str(error["msg"]), error.get("ctx", {})
    if message.startswith(OURS):
        return message.removeprefix(OURS)
    if "reason" in context or "error" in context:
        return re.split("[,:]", message, maxsplit=1)[0]
    return message
