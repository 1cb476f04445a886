"""What a whole run tells of itself in spans: every step between the systems, and no value of anybody."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import leftovers, trace_file
from deploy.local.servers import Servers
from deploy.trace_file import Span
from tests.gateway import bearer, fresh_key, gateway_client
from tests.harness import eventually
from tests.scenario import PASSWORD, Customer, Scenario, running_scenario, scenario_harness
from tests.spans import recorded

NAME = "Żółcisława Ćwierćżyńska"
DEVICE = "Gęślą-Jaźń workstation 77"
BROWSER = "Kanarek/5.0 (Ćma)"


@dataclass(frozen=True)
class Run:
    """A run through the gateway until the person is erased: its file, its values, its case."""

    path: Path
    person: Customer
    values: list[str]
    case_id: str

    def spans(self, words: str = "") -> list[Span]:
        return [span for span in trace_file.read(self.path) if words in span.name]


@pytest.fixture(scope="module")
async def run(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    with recorded(tmp_path_factory.mktemp("spans") / "spans.log") as path:
        # Nobody is reminded: what is asked twice has more than one trace.
        async with (
            scenario_harness(servers, remind_after_s=3600) as harness,
            running_scenario(harness) as scenario,
        ):
            yield await lived(scenario, path)


async def lived(scenario: Scenario, path: Path) -> Run:
    """Somebody registers, buys, looks at it through the gateway, fails to sign in, and is erased."""
    person = await scenario.register_customer(NAME)
    await person.buy()
    assert (await person.activate(DEVICE)).valid
    await person.subscribe()
    async with gateway_client(scenario.harness) as client:
        client.headers["User-Agent"] = BROWSER
        wrong = {"email": person.address, "password": "wrong one"}
        assert (await client.post("/sessions", json=wrong)).status_code == 401
        session = await client.post("/sessions", json={"email": person.address, "password": PASSWORD})
        token = session.json()["token"]
        assert (await client.get("/me", headers=bearer(token))).status_code == 200
        assert (await client.post("/licenses/validate", json={"key": person.key})).status_code == 200
        assert (await client.get(f"/nowhere/{person.address}")).status_code == 404
        asked = {"right": "erasure", "terminate_contract": True, "language": "pl"}
        opened = await client.post("/me/privacy-requests", json=asked, headers=bearer(token) | fresh_key())
        assert opened.status_code == 201, opened.text
        case_token, case_id = opened.json()["token"], opened.json()["id"]

        async def closed() -> bool:
            return bool((await client.get(f"/privacy-requests/{case_token}")).json().get("state") == "closed")

        await eventually(closed)
    await scenario.letters(person.address, "Wynik żądania")
    await scenario.quiet()
    values = [*person.values, NAME, DEVICE, BROWSER, PASSWORD, token, case_token, str(person.id)]
    return Run(path, person, values, case_id)


async def test_every_step_between_systems_has_a_span(run: Run) -> None:
    between = ("POST /sessions", "ask ", "answer ", "transaction", "cause ", "relay outbox", "process ", "smtp")
    statements = ("INSERT outbox", "WITH ", "SELECT ", "UPDATE ")
    assert [kind for kind in (*between, *statements) if not run.spans(kind)] == []


async def test_no_value_is_in_any_span(run: Run) -> None:
    traces, lines = leftovers.in_logs(run.path.parent, run.values)
    assert lines > 100, "the search looked at nothing"
    assert traces == []


async def test_an_erasure_is_followed_through_all_services(run: Run) -> None:
    """From one order to its reports: one trace, and each step says about which case it is."""
    (ordered,) = run.spans("cause privacy.erasure-ordered.v1")
    reactions = run.spans("on.privacy.erasure-ordered")
    names = [f"process {name}.on.privacy.erasure-ordered" for name in ("identity", "licensing", "marketing")]
    assert sorted({span.name for span in reactions}) == names
    reports = run.spans("process privacy.on.any.erasure-reported")
    for span in (ordered, *reactions, *reports):
        assert span.trace_id == ordered.trace_id, span.name
    assert len(reports) >= len(names)
    for span in (ordered, *reactions, *reports, *run.spans("on.privacy.erasure-fulfilled")):
        assert span.attributes["lethe.order_id"] == ordered.attributes["lethe.order_id"], span.name
    for span in (ordered, *reactions, *reports, *run.spans("answer privacy.open-case")):
        assert span.attributes["lethe.case_id"] == run.case_id, span.name
    letters = [span for span in run.spans("smtp") if span.attributes.get("lethe.case_id") == run.case_id]
    assert letters, "its letters belong to it"


async def test_a_request_of_a_person_is_one_trace(run: Run) -> None:
    (opened,) = run.spans("POST /me/privacy-requests")
    steps = [span.name for span in run.spans() if span.trace_id == opened.trace_id]
    assert {"ask privacy.open-case", "answer privacy.open-case", "answer identity.tell-address"} <= set(steps)
    assert steps.count("transaction") >= 2


async def test_a_path_is_told_by_its_template(run: Run) -> None:
    assert run.spans("GET /privacy-requests/{token}")
    assert run.spans("GET unmatched"), "a path that is nobody's may hold anything"


async def test_the_relay_is_linked_to_what_it_relays(run: Run) -> None:
    (ordered,) = run.spans("cause privacy.erasure-ordered.v1")
    relayed = [span for span in run.spans("relay outbox") if ordered.trace_id in span.linked]
    assert relayed
    assert ordered.trace_id not in {span.trace_id for span in relayed}, "one batch, many traces: it is in none"
