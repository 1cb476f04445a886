"""A new purpose is used of nobody who was not told of it (GDPR Art. 13(3)).

Whatever the register names and the notice in force does not is new. It is ruled against for everybody living, in every
service, as a restriction of this one use is; the mail that tells of it is sent once a version that names it is
published; the ruling ends when the person was told and that version holds. Who signs up later has seen it.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.privacy.notices import telling_store as store
from services.privacy.register.model import Register
from shared.database import Database, Transaction
from shared.purposes import EVERYTHING, Purpose

PEOPLE_AT_ONCE = 1000
FIRST = UUID(int=0)


async def new_rulings(tx: Transaction, register: Register, day: date) -> dict[str, list[str]]:
    """The new purposes of a day, each with what is ruled against; none before the first notice."""
    named = await store.named(tx, day)
    if named is None:
        return {}
    new = [purpose for key, purpose in register.purposes.items() if key not in named.purposes]
    return {purpose.key: [EVERYTHING + use for use in purpose.uses] for purpose in new}


async def hold_back(database: Database, register: Register, day: date) -> int:
    """Note everybody living who is to be told, and rule against the use until then; how many they were."""
    after, count = FIRST, 0
    while True:
        async with database.transaction(Purpose.RIGHTS) as tx:
            new = await new_rulings(tx, register, day)
            people = await store.unnoted(tx, after, new, PEOPLE_AT_ONCE) if new else []
            await hold_back_of(tx, people, new)
        if not people:
            return count
        after, count = people[-1], count + len(people)


async def hold_back_of(tx: Transaction, people: Sequence[UUID], new: dict[str, list[str]]) -> None:
    """The same for some people, who are locked."""
    for event in await store.hold_back(tx, people, new) if people and new else ():
        tx.publish(event)


async def use(database: Database, register: Register, day: date) -> bool:
    """End the rulings on what people were told of, once a notice that names it holds; whether some may be left."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        named = await store.named(tx, day)
        free = (named.purposes if named else frozenset[str](), register.purposes.keys())
        people = await store.lock_free(tx, *free, PEOPLE_AT_ONCE)
        for event in await store.use(tx, *free, people):
            tx.publish(event)
    return len(people) == PEOPLE_AT_ONCE
