"""After an erasure every service is searched for the person's values; the certificate says what was seen."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.servers import Servers
from shared.contracts import privacy
from tests.harness import Harness, eventually
from tests.scenario import Customer, Scenario, running_scenario, scenario_harness

SERVICES = {"privacy", "identity", "licensing", "marketing"}


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with scenario_harness(servers, gather_patience_s=60, search_every_s=0.2) as module_harness:
        yield module_harness


@pytest.fixture(scope="module")
async def scenario(harness: Harness) -> AsyncIterator[Scenario]:
    async with running_scenario(harness) as module_scenario:
        yield module_scenario


async def searched(scenario: Scenario, person: Customer) -> dict[str, Any]:
    """What the certificate says once everybody has searched."""

    async def search() -> dict[str, Any] | None:
        answer = await scenario.ask(privacy.ReadCertificate(token=person.token))
        said: dict[str, Any] = json.loads(answer.document)["search"]
        return said if all(each["searched_at"] for each in said["participants"]) and said["participants"] else None

    answer: dict[str, Any] = await eventually(search)
    return answer


async def test_every_service_is_searched_and_the_certificate_says_so(scenario: Scenario) -> None:
    person = await scenario.customer()
    await person.erase(terminate=True)
    search = await searched(scenario, person)
    assert {each["service"] for each in search["participants"]} == SERVICES
    assert search["not_gathered_from"] == []
    assert search["values"] >= 4, "address, name, street, telephone"
    places = [place for each in search["participants"] for place in each["places"]]
    assert {place["ending"] for place in places} == {"kept"}, places
    assert "invoice.buyer_name" in {place["place"] for place in places}
    assert all(each["read"] > 0 for each in search["participants"])
    nobody_seeks_them = "SELECT count(*) = 0 FROM trace_values"  # from the next round on
    await eventually(lambda: scenario.rows["privacy"].fetchval(nobody_seeks_them))


async def test_a_planted_leak_is_found(scenario: Scenario) -> None:
    """In a column that no data map knows, deep in JSON, by an address of before: the certificate names the place."""
    person = await scenario.customer()
    rows = scenario.rows["marketing"]
    await rows.execute("CREATE TABLE leak (deep jsonb); GRANT SELECT ON leak TO PUBLIC")
    try:
        await rows.execute("INSERT INTO leak VALUES ($1)", json.dumps({"to": [person.address.upper()]}))
        await person.erase(terminate=True)
        search = await searched(scenario, person)
    finally:
        await rows.execute("DROP TABLE leak")
    assert search["outcome"] == "found"
    assert (await person.certificate())["outcome"] == "traces found"
    found = [(e["service"], p["place"], p["rows"]) for e in search["participants"] for p in e["places"]
             if p["ending"] == "found"]  # fmt: skip
    assert found == [("marketing", "leak.deep", 1)]
