"""The life of erasure cases against a model: any sequence of requests, orders, reports and repetitions."""

import asyncio
import json
from collections.abc import Coroutine, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from deploy.local.servers import Servers
from services.privacy.app import SERVICE
from services.privacy.cases import rules, store
from services.privacy.handlers.erasure_reports import apply_report
from services.privacy.jobs.erasure_orders import MAX_CASES, MAX_UNANSWERED, dispatch
from shared.clock import now
from shared.database import Database
from shared.messaging.outbox import enqueue
from shared.problems import Refused
from shared.purposes import Purpose
from tests import harness as harnesses
from tests.fake_participants import GATHERED

PARTICIPANTS = ("alpha", "beta")
PEOPLE = 4
STORED = {"cooling": "waiting", "due again": "failed"}
"""What the model tells apart by the time of the next attempt."""

FRESH = """
TRUNCATE participant, privacy_case, erasure_order, order_participant, order_report, erasure_report, outbox, subject
CASCADE
"""
NEWEST = "SELECT order_id, subjects FROM erasure_order ORDER BY ordered_at DESC LIMIT 1"
JOIN = "INSERT INTO participant (service, map_version, tables) VALUES ($1, 1, $2)"


class Cases(RuleBasedStateMachine):
    """Privacy's own database is real; two participants are played by the test."""

    harness: harnesses.Harness
    runner: asyncio.Runner
    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.people = [UUID(int=number + 1) for number in range(PEOPLE)]
        self.state: dict[UUID, str] = {}  # of the person's newest case
        self.token: dict[UUID, str] = {}
        self.erased: set[UUID] = set()
        self.orders: dict[UUID, dict[str, Any]] = {}
        self.reports: list[tuple[str, str]] = []
        self.do(self._fresh())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    async def _fresh(self) -> None:
        async with self.harness.superuser("privacy") as connection:
            await connection.execute(FRESH)
            for name in (*PARTICIPANTS, "privacy"):
                await connection.execute(JOIN, name, json.dumps([{"name": f"{name}_table"}]))

    @rule(number=st.integers(0, PEOPLE - 1), cooling=st.booleans())
    def open_case(self, number: int, cooling: bool) -> None:
        """A person asks; a second open case and an erased person are refused."""
        person, token = self.people[number], uuid4().hex
        status = self.do(self._open(person, token, cooling))
        if person in self.erased:
            assert status == 410
        elif self.state.get(person) in ("cooling", "waiting", "ordered", "failed", "due again"):
            assert status == 409
        else:
            assert status == 201
            self.state[person] = "cooling" if cooling else "waiting"
            self.token[person] = token

    async def _open(self, person: UUID, token: str, cooling: bool) -> int:
        opening = rules.opening(
            person,
            terminate_contract=True,
            language="pl",
            channel="member",
            verified_by="test",
            received_at=now(),
            cooling_off_s=3600 if cooling else 0,
        )
        try:
            async with self.database.transaction(Purpose.RIGHTS) as tx:
                await store.open_case(tx, opening, token, None)
        except Refused as refused:
            return refused.problem.status
        return 201

    @precondition(lambda self: self.token)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """A waiting request can be taken back, an ordered one can't."""
        person = data.draw(st.sampled_from(sorted(self.token)))
        after = self.do(self._withdraw(self.token[person]))
        if self.state[person] in ("waiting", "cooling"):
            self.state[person] = "withdrawn"
        assert after == STORED.get(self.state[person], self.state[person])

    async def _withdraw(self, token: str) -> str | None:
        async with self.database.transaction(Purpose.RIGHTS) as tx:
            case = await store.wanted(tx, token, None, None)
            return await store.withdraw(tx, case.case_id) if case else None

    async def _gathered(self) -> None:
        """What is searched for afterwards: else nothing is ordered."""
        async with self.harness.superuser("privacy") as connection:
            await connection.execute(GATHERED)

    @rule()
    def dispatch(self) -> None:
        """Everything that is ready leaves in one order, while somebody has answered all but two."""
        ready = {p for p, state in self.state.items() if state in ("waiting", "due again")}
        self.do(self._gathered())
        self.do(dispatch(self.database, PARTICIPANTS))
        if ready and min(self._unanswered(name) for name in PARTICIPANTS) < MAX_UNANSWERED:
            order_id, subjects = self.do(self._newest_order())
            assert set(subjects) == ready
            assert len(ready) <= MAX_CASES
            self.orders[order_id] = {"subjects": sorted(subjects), "answered": set(), "failed": set()}
            self.state.update(dict.fromkeys(ready, "ordered"))

    def _unanswered(self, service: str) -> int:
        return sum(service not in order["answered"] for order in self.orders.values())

    async def _newest_order(self) -> tuple[UUID, list[UUID]]:
        async with self.harness.superuser("privacy") as connection:
            row = await connection.fetchrow(
                "SELECT order_id, subjects FROM erasure_order ORDER BY ordered_at DESC LIMIT 1"
            )
            assert row is not None
            return row["order_id"], list(row["subjects"])

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), service=st.sampled_from(PARTICIPANTS), fails=st.booleans())
    def report(self, data: st.DataObject, service: str, fails: bool) -> None:
        """A participant answers, in one part or, when a person fails, in two."""
        order_id = data.draw(st.sampled_from(list(self.orders)))
        order = self.orders[order_id]
        if service in order["answered"]:
            return
        broken = [order["subjects"][0]] if fails else []
        fine = order["subjects"][len(broken) :]
        for part, people in enumerate(group for group in (fine, broken) if group):
            self._deliver(service, body(order_id, service, part, people, failed=people == broken))
        order["answered"].add(service)
        order["failed"].update(broken)
        if order["answered"] == set(PARTICIPANTS):
            self._close(order_id)

    def _deliver(self, service: str, report: str) -> None:
        self.reports.append((service, report))
        self.do(self._apply(service, report))

    async def _apply(self, service: str, report: str) -> None:
        async with self.database.transaction(Purpose.ERASURE) as tx:
            await apply_report(report, tx, f"{service}.erasure-reported.v1")

    def _close(self, order_id: UUID) -> None:
        order = self.orders.pop(order_id)
        for person in order["subjects"]:
            failed = person in order["failed"]
            self.state[person] = "failed" if failed else "closed"
            if not failed:
                self.erased.add(person)

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def repeat_a_report(self, data: st.DataObject) -> None:
        """Any report, again: nothing may change (the invariant looks)."""
        self.do(self._apply(*data.draw(st.sampled_from(self.reports))))

    @rule()
    def time_passes(self) -> None:
        """Cooling-off ends, and failed cases may be tried again."""
        self.do(self._advance())
        for person, state in self.state.items():
            if state in ("cooling", "failed"):
                self.state[person] = {"cooling": "waiting", "failed": "due again"}[state]

    async def _advance(self) -> None:
        async with self.harness.superuser("privacy") as connection:
            await connection.execute(
                "UPDATE privacy_case SET run_at = now() - interval '1 second' WHERE state IN ('waiting', 'failed')"
            )

    @invariant()
    def the_database_says_the_same(self) -> None:
        cases, tombstones, in_flight = self.do(self._look())
        expected = {p: STORED.get(s, s) for p, s in self.state.items()}
        assert {p: cases[p] for p in expected} == expected
        assert tombstones == self.erased
        assert in_flight == len(self.orders)

    async def _look(self) -> tuple[dict[UUID, str], set[UUID], int]:
        async with self.harness.superuser("privacy") as connection:
            cases = await connection.fetch("SELECT subject_id, state FROM privacy_case ORDER BY received_at")
            tombstones = await connection.fetch("SELECT subject_id FROM subject WHERE NOT live")
            in_flight = await connection.fetchval("SELECT count(*) FROM erasure_order WHERE open")
        return {c["subject_id"]: c["state"] for c in cases}, {t["subject_id"] for t in tombstones}, in_flight


def body(order_id: UUID, service: str, part: int, people: list[UUID], *, failed: bool) -> str:
    """A participant's report as its SQL builds it."""
    outcome = ["failed" if failed else "purged"] * len(people)
    report = {
        "order_id": str(order_id),
        "service": service,
        "map_version": 1,
        "part": part,
        "at": "2026-01-01",
        "subjects": [str(p) for p in people],
        "tables": [{"table": f"{service}_table", "categories": ["D1"], "outcome": outcome, "rows": [1] * len(people)}],
    }
    return json.dumps(report | ({"failure": {"sqlstate": "23503", "constraint": "x"}} if failed else {}))


@pytest.fixture
def machine(servers: Servers) -> Iterator[type[Cases]]:
    with asyncio.Runner() as runner:
        harness = runner.run(harnesses.build(servers, [SERVICE]))
        database = Database(harness.databases["privacy"].app, "privacy", enqueue, 4)
        runner.run(database.open())
        yield type("BoundCases", (Cases,), {"harness": harness, "runner": runner, "database": database})
        runner.run(database.close())
        runner.run(harnesses.tear_down(harness))


def test_cases_follow_the_model(machine: type[Cases]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25 * harnesses.DEEPER,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
