"""Publish the notice when it has changed and is complete; a new purpose is told some days before its first use."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from services.privacy import publications
from services.privacy.notice.checklist import Item, missing
from services.privacy.notice.composing import compose
from services.privacy.notice.content import Language, Notice
from services.privacy.register.contents import Register
from services.privacy.register.joining import Maps
from shared.contracts import privacy
from shared.database import Row, Transaction

LANGUAGES: tuple[Language, ...] = ("pl", "en")


class Incomplete(Exception):  # noqa: N818 it is an outcome
    """The notice lacks what it must have."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__("the notice can't be published, it lacks: " + "; ".join(items))
        self.items = tuple(items)


def drafted(register: Register, maps: Maps, day: date) -> Mapping[Language, Notice]:
    """The notice of a day in each language. Raises Incomplete."""
    made = {language: compose(register, maps, language, day) for language in LANGUAGES}
    lacking = {item for notice in made.values() for item in missing(notice)}
    if lacking:
        raise Incomplete([item for item in Item if item in lacking])
    return made


def content_of(notices: Mapping[Language, Notice]) -> str:
    """The notices as they are stored."""
    return json.dumps({language: notice.model_dump(mode="json") for language, notice in notices.items()})


def stored(row: Row, language: Language) -> Notice:
    """A published notice in one language."""
    return Notice.model_validate(json.loads(row["content"])[language])


def added_purposes(before: Row | None, after: Notice) -> list[str]:
    """The purposes that the version before did not name; none for the first version."""
    if before is None:
        return []
    known = {purpose.key for purpose in stored(before, "pl").purposes}
    return [purpose.key for purpose in after.purposes if purpose.key not in known]


async def publish(tx: Transaction, register: Register, maps: Maps, day: date) -> int | None:
    """Publish today's notice if it differs from the newest; answers its number. Raises Incomplete."""
    notices = drafted(register, maps, day)
    before = await publications.newest(tx, "notice")
    new_purposes = added_purposes(before, notices["pl"])
    effective_on = day + timedelta(days=register.notice.days_of_notice if new_purposes else 0)
    draft = publications.Draft("notice", content_of(notices), effective_on, new_purposes)
    version = await publications.add(tx, draft, before)
    if version:
        told = {"version": version, "effective_on": effective_on, "new_purposes": tuple(new_purposes)}
        tx.publish(privacy.NoticePublished.model_validate(told))
    return version
