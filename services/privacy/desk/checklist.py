"""What each letter of the desk must say (GDPR Art. 12(3), 12(4)): one with a missing item cannot be issued. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from shared.problems import FieldError, Problem, Refused

Kind = Literal["entered", "joined", "identity question", "extension", "refusal", "recipients"]

Said = tuple[str, ...]


class Item(StrEnum):
    """One thing that a letter says."""

    WHAT = "what"
    PROVISION = "provision"
    REASONS = "reasons"
    RETAIN_UNTIL = "retain_until"
    AUTHORITY = "authority"
    COURT = "court"
    CONTACT = "contact"
    DATE = "date"
    DUE = "due"
    RECIPIENTS = "recipients"
    NEW_DATE = "new_date"
    QUESTION = "question"


NEEDED: Mapping[Kind, frozenset[Item]] = {
    "entered": frozenset((Item.WHAT, Item.DUE, Item.CONTACT, Item.DATE)),
    "joined": frozenset((Item.WHAT, Item.DUE, Item.CONTACT, Item.DATE)),
    "identity question": frozenset((Item.QUESTION, Item.CONTACT, Item.DATE)),
    "extension": frozenset((Item.REASONS, Item.NEW_DATE, Item.AUTHORITY, Item.COURT, Item.CONTACT, Item.DATE)),
    "recipients": frozenset((Item.WHAT, Item.RECIPIENTS, Item.CONTACT, Item.DATE)),
    "refusal": frozenset(
        (Item.WHAT, Item.PROVISION, Item.REASONS, Item.AUTHORITY, Item.COURT, Item.CONTACT, Item.DATE)
    ),
}
"""`RETAIN_UNTIL` is said where there is such a day."""


def check(kind: Kind, items: Mapping[Item, Said], text: str) -> None:
    """Raise Refused (409) by the names of the items that the letter does not say."""
    whole = _joined(text)
    missing = [item for item in sorted(NEEDED[kind] | items.keys()) if not _says(whole, items.get(item, ()))]
    if missing:
        errors = tuple(FieldError(field=item.value, message="it is missing") for item in missing)
        raise Refused(Problem(title="the letter is not whole, and is not issued", status=409, errors=errors))


def _says(whole: str, said: Said) -> bool:
    return bool(said) and all(_joined(each) and _joined(each) in whole for each in said)


def _joined(text: str) -> str:
    """Without the ends of its lines."""
    return " ".join(text.split())
