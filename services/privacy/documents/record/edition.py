"""Keep every version of the record, so that its history can be shown."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

from services.privacy.documents import versions
from services.privacy.documents.record.checklist import Item, missing
from services.privacy.documents.record.composition import compose
from services.privacy.documents.record.model import Edition, Past, Record
from services.privacy.documents.versions import PastVersion, Version
from services.privacy.register.gaps import Maps
from services.privacy.register.model import Register
from shared.contracts.fields import Language
from shared.database import Transaction
from shared.law.calendar import WARSAW

LANGUAGES: tuple[Language, ...] = ("pl", "en")


class Incomplete(Exception):
    """The record lacks what it must have."""

    def __init__(self, items: list[Item]) -> None:
        super().__init__("the record can't be issued, it lacks: " + "; ".join(items))


def drafted(register: Register, maps: Maps, day: date) -> Mapping[Language, Record]:
    """The record of a day in each language. Raises Incomplete."""
    records = {language: compose(register, maps, language, day) for language in LANGUAGES}
    if lacking := missing(records["pl"]) or missing(records["en"]):
        raise Incomplete(lacking)
    return records


async def publish(tx: Transaction, register: Register, maps: Maps, day: date) -> int | None:
    """Keep today's record if it differs from the newest; answers its number. Raises Incomplete."""
    records = drafted(register, maps, day)
    content = json.dumps({language: record.model_dump(mode="json") for language, record in records.items()})
    before = await versions.newest(tx, "record")
    return await versions.publish(tx, versions.Draft("record", content, day), before)


def published_edition(version: Version, language: Language, history: Sequence[PastVersion]) -> Edition:
    """A published record in one language, with the versions before and after it; days are the vendor's."""
    return Edition(
        version=version.version,
        as_of=version.effective_on,
        record=Record.model_validate(json.loads(version.content)[language]),
        history=tuple(
            Past(version=past.version, published_on=past.published_at.astimezone(WARSAW).date()) for past in history
        ),
    )
