"""Keep every version of the record, so that its history can be shown."""

import json
from collections.abc import Mapping
from datetime import date

from services.privacy import publications
from services.privacy.record.checklist import Item, missing
from services.privacy.record.composing import compose
from services.privacy.record.content import Language, Record
from services.privacy.register.contents import Register
from services.privacy.register.joining import Maps
from shared.database import Transaction

LANGUAGES: tuple[Language, ...] = ("pl", "en")


class Incomplete(Exception):
    """The record lacks what it must have."""

    def __init__(self, items: list[Item]) -> None:
        super().__init__("the record can't be issued, it lacks: " + "; ".join(items))


def drafted(register: Register, maps: Maps, day: date) -> Mapping[Language, Record]:
    """The record of a day in each language. Raises Incomplete."""
    made = {language: compose(register, maps, language, day) for language in LANGUAGES}
    if lacking := missing(made["pl"]) or missing(made["en"]):
        raise Incomplete(lacking)
    return made


async def publish(tx: Transaction, register: Register, maps: Maps, day: date) -> int | None:
    """Keep today's record if it differs from the newest; answers its number. Raises Incomplete."""
    records = drafted(register, maps, day)
    content = json.dumps({language: record.model_dump(mode="json") for language, record in records.items()})
    before = await publications.newest(tx, "record")
    return await publications.add(tx, publications.Draft("record", content, day), before)
