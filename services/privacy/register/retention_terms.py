"""The dated rules of shared/law/retention, found by their names and said in words."""

import importlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.units import format_unit
from pydantic_core import PydanticCustomError

from shared.contracts.fields import Language
from shared.law.calendar import in_force
from shared.law.retention.terms import Rule, Rules

PACKAGE = "shared.law.retention"
MODULES = ("taxes", "claims", "policies")


def find(name: str) -> Rules:
    """The rows of `taxes.LIMITATION` or `claims.LIMITATION.consumer`. Raises LookupError."""
    module, _, rest = name.partition(".")
    if module not in MODULES:
        raise LookupError(name)
    rules: Any = importlib.import_module(f"{PACKAGE}.{module}")
    for step in rest.split("."):
        rules = rules.get(step) if isinstance(rules, Mapping) else getattr(rules, step, None)
    if not isinstance(rules, tuple) or not rules or not all(isinstance(rule, Rule) for rule in rules):
        raise LookupError(name)
    return rules


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


UNITS = ("year", "month", "day")


def period(rule: Rule, language: Language) -> str:
    """How long, in words: "5 lat", "13 months"."""
    counts = ((unit, getattr(rule, f"{unit}s")) for unit in UNITS)
    return " ".join(format_unit(count, f"duration-{unit}", locale=language) for unit, count in counts if count)
