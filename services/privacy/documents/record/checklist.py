"""The items that the record must have (GDPR Art. 30(1)(a)-(g), 30(2)(a)-(d), 28(3)); without one it can't be issued."""

from collections.abc import Callable
from enum import StrEnum

from services.privacy.documents.record.model import Record


class Item(StrEnum):
    """One line of the checklist."""

    PARTIES = "controller, joint controllers, representative, officer (Art. 30(1)(a))"
    PURPOSES = "purposes (Art. 30(1)(b))"
    PEOPLE_AND_DATA = "categories of people and of data (Art. 30(1)(c))"
    RECIPIENTS = "recipients (Art. 30(1)(d))"
    TRANSFERS = "transfers with safeguards, or that there are none (Art. 30(1)(e))"
    ERASURE = "time limits for erasure (Art. 30(1)(f))"
    MEASURES = "technical and organisational measures (Art. 30(1)(g), 30(2)(d))"
    PROCESSORS = "the eight points and the country of every processor (Art. 28(3))"
    ON_BEHALF = "each controller served, its officer, categories and transfers (Art. 30(2)(a)-(c))"


POINTS = 8

CHECKS: dict[Item, Callable[[Record], bool]] = {
    Item.PARTIES: lambda r: all(r.party.model_dump().values()),
    Item.PURPOSES: lambda r: bool(r.activities) and all(a.purpose for a in r.activities),
    Item.PEOPLE_AND_DATA: lambda r: all(a.people and a.data for a in r.activities),
    Item.RECIPIENTS: lambda r: all(a.recipients for a in r.activities),
    Item.TRANSFERS: lambda r: all(a.transfers for a in r.activities),
    Item.ERASURE: lambda r: all(a.erasure for a in r.activities),
    Item.MEASURES: lambda r: bool(r.measures),
    Item.PROCESSORS: lambda r: all(len(p.points) == POINTS and all(p.points.values()) for p in r.processors),
    Item.ON_BEHALF: lambda r: all(all(o.model_dump().values()) for o in r.on_behalf),
}


def missing(record: Record) -> list[Item]:
    """The items that the record lacks."""
    return [item for item in Item if not CHECKS[item](record)]
