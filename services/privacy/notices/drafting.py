"""Drafting: the register says something else than the newest notice, or the same again."""

from datetime import date
from uuid import UUID, uuid4

from services.privacy.documents import versions
from services.privacy.documents.notice.edition import content_of, digest_of, drafted
from services.privacy.notices import rules, store
from services.privacy.notices.store import Step, StoredNotice
from services.privacy.register.gaps import Maps
from services.privacy.register.model import Register
from shared.database import Transaction

SAME_AGAIN = "the register says again what is published"


async def draft(tx: Transaction, register: Register, maps: Maps, day: date, by: str = rules.REGISTER) -> UUID | None:
    """Draft what the register says on a day; None if that is published. Raises Incomplete.

    What an officer withdrew is not drafted again by itself, until it changes or an officer asks for it.
    """
    content = content_of(drafted(register, maps, day))
    await store.draw_alone(tx)
    open_one, published = await store.open_one(tx), await versions.newest(tx, "notice")
    before = published.content_hash if published else None
    if before == digest_of(content):
        await _drop(tx, open_one, before)
        return None
    if open_one is None and by == rules.REGISTER and await _withdrawn_by_an_officer(tx, content):
        return None
    return await _keep(tx, open_one, content, Step("drafted", by, rules.digest(digest_of(content), before)))


async def _keep(tx: Transaction, open_one: StoredNotice | None, content: str, step: Step) -> UUID:
    if open_one is None:
        notice_id = uuid4()
        await store.insert(tx, notice_id, content)
    elif open_one.content_hash == digest_of(content):
        return open_one.notice_id
    else:
        notice_id = open_one.notice_id
        await store.replace(tx, notice_id, content)
    await store.note(tx, notice_id, step)
    return notice_id


async def _drop(tx: Transaction, open_one: StoredNotice | None, before: bytes | None) -> None:
    if open_one is not None:
        digest = rules.digest(open_one.content_hash, before)
        await store.go(tx, open_one.notice_id, Step("withdrawn", rules.REGISTER, digest, SAME_AGAIN))


async def _withdrawn_by_an_officer(tx: Transaction, content: str) -> bool:
    last = next(iter(await store.newest(tx, 1)), None)
    if last is None or last.state != "withdrawn" or last.content_hash != digest_of(content):
        return False
    *_, step = await store.steps(tx, last.notice_id)
    return step.by is not None
