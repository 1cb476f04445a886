"""What every participant asks elsewhere before it carries out an order."""

from uuid import uuid4

import pytest

from shared.contracts.privacy import ErasureOrdered, ErasureReminded
from shared.database import Transaction
from shared.messaging.router import WiringError
from shared.personal_data.data_map import Category, Unkeyed
from shared.personal_data.erasure import Eraser, Step
from shared.personal_data.participant import participant
from shared.purposes import Purpose
from tests.sample.data_map import DATA_MAP

ORDER = ErasureOrdered(order_id=uuid4(), participants=(), subjects=())


async def nothing(_tx: Transaction) -> None:
    """A step of which only the identity matters."""


async def test_an_order_and_its_reminder_ask_the_same_and_the_reminder_of_another_asks_nothing() -> None:
    asked: list[tuple[ErasureOrdered, str]] = []

    async def ask(order: ErasureOrdered, keyring: str) -> Step:
        asked.append((order, keyring))
        return nothing

    router = participant(Eraser(DATA_MAP, ask=ask))
    router.check(["keyring", "settings"])
    prepare = {handler.contract: handler.prepare for handler in router.event_handlers}
    ordered, reminded = prepare[ErasureOrdered], prepare[ErasureReminded]
    assert ordered is not None
    assert reminded is not None
    assert await ordered(ORDER, keyring="k") is nothing
    assert await reminded(ErasureReminded(service=DATA_MAP.service, order=ORDER), keyring="k") is nothing
    assert await reminded(ErasureReminded(service="another", order=ORDER), keyring="k") is None
    assert asked == [(ORDER, "k")] * 2


async def test_what_is_asked_has_its_parameters_checked_at_the_start() -> None:
    async def ask(_order: ErasureOrdered, keyrnig: str) -> Step:
        raise AssertionError(keyrnig)

    with pytest.raises(WiringError, match="keyrnig"):
        participant(Eraser(DATA_MAP, ask=ask)).check(["keyring", "settings"])


def test_a_batch_prepares_nothing() -> None:
    async def look(_event: ErasureOrdered) -> None:
        """Nobody calls it."""

    router = participant(Eraser(DATA_MAP))
    with pytest.raises(TypeError, match="batch"):
        router.event(ErasureOrdered, purpose=Purpose.ERASURE, batch=True, prepare=look)


@pytest.mark.parametrize(("categories", "ends"), [((Category.EMAIL,), ""), ((), "after a day")])
def test_a_table_without_a_key_is_personal_with_an_end_or_not_at_all(
    categories: tuple[Category, ...], ends: str
) -> None:
    with pytest.raises(ValueError, match="guess"):
        Unkeyed("guess", "hashes", categories, ends)
