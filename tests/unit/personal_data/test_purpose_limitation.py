"""No service reacts to events that tell of more than its purposes cover."""

import asyncio
from dataclasses import replace
from secrets import token_urlsafe

import pytest

from deploy.local import system
from services.marketing.app import SERVICE as MARKETING
from services.privacy.register.loading import load
from shared.assertions import Signer, new_signing_key
from shared.contracts import licensing  # noqa: F401 registers its contracts
from shared.contracts.message import Event, events
from shared.lifecycle import CannotStart
from shared.messaging.router import EventHandler, ServiceRouter
from shared.personal_data.data_map import Category
from shared.personal_data.purpose_limitation import CATEGORIES, covered, uncovered
from shared.purposes import Purpose
from shared.service import Service, running
from tests.harness import PATIENCE_S

A_MINUTE_S = min(PATIENCE_S, 60)
PAIRS = [(name, handler) for name in system.SERVICES for handler in system.service(name).router.event_handlers]
ORDERS = [e for e in events() if e.owner == "licensing" and "D9" in e.carries]


def test_what_a_purpose_covers_is_what_the_register_says() -> None:
    register = load()
    said = {key: set(purpose.categories) for key, purpose in {**register.purposes, **register.planned}.items()}
    assert {purpose.value: set(keys.split()) for purpose, keys in CATEGORIES.items()} == said


def test_contracts_carry_categories_of_the_data_map() -> None:
    assert {category for event in events() for category in event.carries} <= {each.value for each in Category}
    assert all(event.carries for event in events() if event.owner in ("licensing", "marketing") and _of_a_person(event))


def _of_a_person(event: type[Event]) -> bool:
    return "subject_id" in event.model_fields


@pytest.mark.parametrize(("name", "handler"), PAIRS, ids=[f"{n} {h.contract.type}" for n, h in PAIRS])
def test_every_reaction_is_covered(name: str, handler: EventHandler) -> None:
    service = system.service(name)
    assert uncovered(service.data_map, [handler], sees_to_rights=not service.takes_orders) == []


def reacting(service: Service, event: type[Event], purpose: Purpose) -> Service:
    router = ServiceRouter(service.name)
    router.include(service.router)

    @router.event(event, purpose=purpose)
    async def react(event: Event) -> None: ...

    return replace(service, router=router)


@pytest.mark.parametrize("event", ORDERS, ids=[e.type for e in ORDERS])
@pytest.mark.parametrize("purpose", [Purpose.PROFILING, Purpose.UPKEEP, Purpose.RIGHTS])
async def test_example_24_marketing_cannot_subscribe_to_licensing_events_that_carry_orders(
    event: type[Event], purpose: Purpose
) -> None:
    """Not even in the name of the rights: it starts only without."""
    assert Category.ORDERS not in covered(MARKETING.data_map)
    keys = {"assertion_keys": Signer.of(new_signing_key()).public, "keys": f"1:{token_urlsafe(32)}"}
    urls = {"amqp_url": "amqp://127.0.0.1:1", "postgres_url": "postgresql://127.0.0.1:1/none"}
    settings = MARKETING.settings.model_validate(keys | urls)
    with pytest.raises(CannotStart, match=f"marketing may not react to {event.type}: .* covers .*D9"):
        async with asyncio.timeout(A_MINUTE_S), running(reacting(MARKETING, event, purpose), settings):
            pass


def test_there_are_such_events() -> None:
    assert {e.type for e in ORDERS} >= {"licensing.order-placed.v1", "licensing.order-paid.v1"}
