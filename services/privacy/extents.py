"""What a restriction is of (GDPR Art. 18): everything, purposes, or a category of data; pure."""

from collections.abc import Collection
from typing import Literal

from services.privacy.consents.rules import covered
from shared.problems import refuse
from shared.purposes import EVERYTHING, KINDS, Purpose

RESTRICTABLE = tuple(p for p, kind in KINDS.items() if kind in ("consent", "interest") and p != Purpose.RETENTION)
"""Purposes that a restriction may stop alone; deleting by age waits with the data that is restricted."""
APART = ", "
"""Between the purposes that a case names."""
Extent = Literal["everything", "purposes", "field"]


def extent(purposes: Collection[str], field: str | None, categories: Collection[str]) -> str | None:
    """The extent of a restriction as its case names it, None for everything.

    Raises Refused (422) for a purpose or a field that there is not.
    """
    if purposes and field is not None:
        raise refuse(422, "it is about purposes or about a field", field="field", message="leave one of them out")
    _check_known("purposes", purposes, RESTRICTABLE)
    _check_known("field", () if field is None else (field,), categories)
    return field or APART.join(sorted({*purposes})) or None


def _check_known(name: str, asked: Collection[str], known: Collection[str]) -> None:
    if not {*asked} <= {*known}:
        raise refuse(422, "there is nothing of that", field=name, message=f"one of: {', '.join(sorted(known))}")


def kind_of_extent(about: str | None) -> Extent:
    """What sort of extent it is that a case names."""
    if about is None:
        return "everything"
    return "purposes" if {*about.split(APART)} <= {*RESTRICTABLE} else "field"


def rulings_of(about: str | None) -> tuple[str, ...]:
    """What a restriction of this extent forbids; one of direct marketing covers its channels and its profiling."""
    if about is None:
        return (EVERYTHING,)
    covers = {each for named in about.split(APART) for each in covered(named, given=False)}
    return tuple(sorted(EVERYTHING + each for each in covers))
