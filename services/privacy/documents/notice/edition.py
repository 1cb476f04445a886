"""The notice that is drafted, and the one that is published: a new purpose is told some days before its first use."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from services.privacy.documents import versions
from services.privacy.documents.notice.checklist import Item, missing
from services.privacy.documents.notice.composition import compose
from services.privacy.documents.notice.model import Notice
from services.privacy.documents.versions import Draft, Version
from services.privacy.register.gaps import Maps
from services.privacy.register.model import Register
from shared.contracts import privacy
from shared.contracts.fields import Language
from shared.database import Transaction

LANGUAGES: tuple[Language, ...] = ("pl", "en")


class Incomplete(Exception):
    """The notice lacks what it must have."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__("the notice can't be published, it lacks: " + "; ".join(items))
        self.items = tuple(items)


def drafted(register: Register, maps: Maps, day: date) -> Mapping[Language, Notice]:
    """The notice of a day in each language. Raises Incomplete."""
    notices = {language: compose(register, maps, language, day) for language in LANGUAGES}
    lacking = {item for notice in notices.values() for item in missing(notice)}
    if lacking:
        raise Incomplete([item for item in Item if item in lacking])
    return notices


def content_of(notices: Mapping[Language, Notice]) -> str:
    return json.dumps({language: notice.model_dump(mode="json") for language, notice in notices.items()})


def digest_of(content: str) -> bytes:
    return hashlib.sha256(content.encode()).digest()


def notice_in(content: str, language: Language) -> Notice:
    return Notice.model_validate(json.loads(content)[language])


def published_notice(version: Version, language: Language) -> Notice:
    return notice_in(version.content, language)


def added_purposes(current: Version | None, after: Notice) -> list[str]:
    """The purposes that the version in force does not name; none for the first version."""
    if current is None:
        return []
    named = {purpose.key for purpose in published_notice(current, "pl").purposes}
    return [purpose.key for purpose in after.purposes if purpose.key not in named]


def first_day(new_purposes: Sequence[str], announced: Mapping[str, date], day: date, days_of_notice: int) -> date:
    """The day from which a version of this day holds: no new purpose before it was told for long enough (Art. 13(3)).

    `announced` are the purposes of which a version that does not hold yet has told already, with its day: they keep it.
    """
    soonest = day + timedelta(days=days_of_notice)
    return max((announced.get(purpose, soonest) for purpose in new_purposes), default=day)


async def soonest_day(tx: Transaction, after: Notice, day: date, days_of_notice: int) -> tuple[list[str], date]:
    """The purposes that a notice of this day brings, and the first day from which it may hold.

    New is what the version in force does not name: a version that merely corrects one which does not hold yet has
    the same new purposes and the same day, so whoever reads the history sees why it does not hold at once.
    """
    current = await versions.in_force(tx, "notice", day)
    new_purposes = added_purposes(current, after)
    announced = await versions.purposes_announced_since(tx, "notice", current.version) if current else {}
    return new_purposes, first_day(new_purposes, announced, day, days_of_notice)


async def publish(tx: Transaction, content: str, effective_on: date, new_purposes: Sequence[str]) -> int | None:
    """Publish what an officer approved, and tell everybody; answers its number, or None if nothing changed."""
    draft = Draft("notice", content, effective_on, list(new_purposes))
    version = await versions.publish(tx, draft, await versions.newest(tx, "notice"))
    if version:
        tx.publish(
            privacy.NoticePublished(version=version, effective_on=effective_on, new_purposes=tuple(new_purposes))
        )
    return version
