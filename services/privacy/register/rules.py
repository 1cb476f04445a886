"""The dated rules of shared/law/retention, found by their names and said in words."""

import importlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic_core import PydanticCustomError

from shared.law.calendar import in_force
from shared.law.retention.terms import Rule, Rules

PACKAGE = "shared.law.retention"
MODULES = ("taxes", "claims", "policies")


def find(name: str) -> Rules:
    """The rows of `taxes.LIMITATION` or `claims.LIMITATION.consumer`. Raises LookupError."""
    module, _, rest = name.partition(".")
    if module not in MODULES:
        raise LookupError(name)
    found: Any = importlib.import_module(f"{PACKAGE}.{module}")
    for step in rest.split("."):
        found = found.get(step) if isinstance(found, Mapping) else getattr(found, step, None)
    if not isinstance(found, tuple) or not found or not all(isinstance(row, Rule) for row in found):
        raise LookupError(name)
    return found


def known(value: Any) -> Any:
    """Refuse the name of a rule that is none."""
    try:
        find(str(value))
    except LookupError:
        raise PydanticCustomError(
            "unknown_rule", "is no rule of shared/law/retention: {rule}", {"rule": str(value)}
        ) from None
    return value


def rule_on(name: str, day: date) -> Rule:
    """The row that holds on a day."""
    return in_force(find(name), day)


UNITS = {
    "years": (("rok", "lata", "lat"), ("year", "years")),
    "months": (("miesiąc", "miesiące", "miesięcy"), ("month", "months")),
    "days": (("dzień", "dni", "dni"), ("day", "days")),
}
FEW = range(2, 5)
TEENS = range(12, 15)


def period(rule: Rule, language: Literal["pl", "en"]) -> str:
    """How long, in words."""
    return " ".join(_counted(getattr(rule, unit), unit, language) for unit in UNITS if getattr(rule, unit))


def _counted(count: int, unit: str, language: Literal["pl", "en"]) -> str:
    polish, english = UNITS[unit]
    if language == "en":
        return f"{count} {english[count != 1]}"
    if count == 1:
        return f"{count} {polish[0]}"
    few = count % 10 in FEW and count % 100 not in TEENS
    return f"{count} {polish[1 if few else 2]}"
