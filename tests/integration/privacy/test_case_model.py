"""Erasures, restrictions, copies and holds of the same people against a model, in any order, with repetitions."""

import asyncio
import json
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from deploy.local.servers import Servers
from services.privacy import arrival, legal_holds
from services.privacy.app import SERVICE
from services.privacy.cases import rules, store
from services.privacy.extents import rulings_of
from services.privacy.handlers.erasure_reports import apply_report
from services.privacy.jobs.erasure_orders import MAX_CASES, MAX_UNANSWERED, dispatch
from services.privacy.withdrawal import take_back, withdraw
from shared.clock import now, today
from shared.contracts import privacy
from shared.contracts.privacy import Right
from shared.database import Database
from shared.messaging.outbox import enqueue
from shared.problems import Refused
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests import harness as harnesses
from tests.askers import STAFF
from tests.fake_participants import GATHERED

PARTICIPANTS = ("alpha", "beta")
PEOPLE = 2
STORED = {"cooling": "waiting", "due again": "failed"}
"""What the model tells apart by the time of the next attempt."""

FRESH = """
TRUNCATE participant, privacy_case, erasure_order, order_participant, order_report, erasure_report, outbox, subject
CASCADE
"""
NEWEST = "SELECT order_id, subjects FROM erasure_order ORDER BY ordered_at DESC LIMIT 1"
CASES = "SELECT subject_id, state FROM privacy_case WHERE kind = 'erasure' ORDER BY received_at"
FORBIDDEN = "SELECT subject_id, purpose FROM permission WHERE NOT allowed"
EXTENTS = (None, "analytics, profiling", "profiling", "D3")
UNDER_WAY = ("ordered", "failed", "due again")
KEYRING = Keyring("privacy", f"1:{'k' * 32}")
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
        self.restrictions: dict[tuple[UUID, str | None], str] = {}  # with the token of the open case
        self.cooled: set[UUID] = set()  # whose open erasure had a cooling-off: restricted until it is carried out
        self.copies: dict[UUID, str] = {}
        self.holds: dict[UUID, UUID] = {}  # the newest of each person that is in force
        self.do(self._fresh())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    async def _fresh(self) -> None:
        async with self.harness.superuser("privacy") as connection:
            await connection.execute(FRESH)
            for name in (*PARTICIPANTS, "privacy"):
                table = {"name": f"{name}_table", "category": "D1", "kept": False, "columns": []}
                await connection.execute(JOIN, name, json.dumps([table]))

    @rule(number=st.integers(0, PEOPLE - 1), cooling=st.booleans())
    def open_case(self, number: int, cooling: bool) -> None:
        """A person asks; a second open case and an erased person are refused."""
        person, token = self.people[number], uuid4().hex
        status = self._status(self._open(person, token, cooling))
        if person in self.erased:
            assert status == 410
        elif self.state.get(person) in ("cooling", "waiting", "ordered", "failed", "due again"):
            assert status == 409
        else:
            assert status == 201
            self.state[person] = "cooling" if cooling else "waiting"
            self.cooled |= {person} if cooling else set()
            self.token[person] = token

    async def _open(
        self, person: UUID, token: str, cooling: bool = False, right: Right = "erasure", about: str | None = None
    ) -> int:
        opening = rules.opening(
            person,
            right=right,
            terminate_contract=right == "erasure",
            language="pl",
            channel="member",
            verified_by="test",
            received_at=now(),
            cooling_off_s=3600 if cooling else 0,
        )
        opening = replace(opening, about=about, ground="needed for claims" if right == "restriction" else None)
        async with self.database.transaction(Purpose.RIGHTS) as tx:
            case_id = await store.open_case(tx, opening, token, None)
            await arrival.begin(tx, case_id, opening, KEYRING, PARTICIPANTS)
        return 201

    def _status(self, work: Coroutine[Any, Any, Any]) -> int:
        """The status of a refusal, or 201."""
        try:
            self.do(work)
        except Refused as refused:
            return refused.problem.status
        return 201

    @rule(number=st.integers(0, PEOPLE - 1), about=st.sampled_from(EXTENTS))
    def restrict(self, number: int, about: str | None) -> None:
        """Of everything, of purposes, of a field: each once at a time, and nothing of the erased."""
        person, token = self.people[number], uuid4().hex
        status = self._status(self._open(person, token, right="restriction", about=about))
        if person in self.erased:
            assert status == 410
        elif (person, about) in self.restrictions:
            assert status == 409
        else:
            assert status == 201
            self.restrictions[person, about] = token

    @precondition(lambda self: self.restrictions)
    @rule(data=st.data())
    def lift(self, data: st.DataObject) -> None:
        """Taking it back ends its own rulings, and none that another case holds."""
        which = data.draw(st.sampled_from(sorted(self.restrictions, key=str)))
        self.do(self._take_back(self.restrictions.pop(which)))

    @rule(number=st.integers(0, PEOPLE - 1))
    def open_copy(self, number: int) -> None:
        """One at a time, and none once the erasure is on its way."""
        person, token = self.people[number], uuid4().hex
        status = self._status(self._open(person, token, right="access"))
        if person in self.erased:
            assert status == 410
        elif person in self.copies or self.state.get(person) in UNDER_WAY:
            assert status == 409
        else:
            assert status == 201
            self.copies[person] = token

    @precondition(lambda self: self.copies)
    @rule(data=st.data())
    def close_copy(self, data: st.DataObject) -> None:
        self.do(self._take_back(self.copies.pop(data.draw(st.sampled_from(sorted(self.copies))))))

    async def _take_back(self, token: str) -> None:
        async with self.database.transaction(Purpose.RIGHTS) as tx:
            await withdraw(tx, token=token)

    @rule(number=st.integers(0, PEOPLE - 1))
    def hold(self, number: int) -> None:
        """What an erasure would have to wait for: not once it is on its way, and not of the erased."""
        person = self.people[number]
        status = self._status(self._hold(person))
        if person in self.erased:
            assert status == 410
        elif not self.known(person):
            assert status == 404
        elif self.state.get(person) == "ordered":
            assert status == 409
        else:
            assert status == 201

    async def _hold(self, person: UUID) -> None:
        facts = {"person_id": person, "scope": ("D1",), "ground": "proceedings", "owner": "officer"}
        when = {"review_on": today() + timedelta(days=30), "reason": "Suit IX GC 12/26 is pending."}
        request = privacy.PlaceHold.model_validate(facts | when)
        async with self.database.transaction(Purpose.LEGAL_DUTY) as tx:
            hold_id = await legal_holds.place(tx, request, STAFF, today())
        if person not in self.holds:
            self.holds[person] = hold_id
        else:  # of two the older goes on
            await self._release(hold_id)

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.do(self._release(self.holds.pop(data.draw(st.sampled_from(sorted(self.holds))))))

    async def _release(self, hold_id: UUID) -> None:
        async with self.database.transaction(Purpose.LEGAL_DUTY) as tx:
            await legal_holds.release(tx, hold_id, str(STAFF), "It is not needed any more.", today())

    def known(self, person: UUID) -> bool:
        """Whether privacy has met somebody, as it does with a first case."""
        return bool(self.do(self._known(person)))

    async def _known(self, person: UUID) -> int:
        async with self.harness.superuser("privacy") as connection:
            return int(await connection.fetchval("SELECT count(*) FROM subject WHERE subject_id = $1", person))

    @precondition(lambda self: self.token)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """A waiting request can be taken back, an ordered one can't."""
        person = data.draw(st.sampled_from(sorted(self.token)))
        after = self.do(self._withdraw(self.token[person]))
        if self.state[person] in ("waiting", "cooling"):
            self.state[person] = "withdrawn"
            self.cooled.discard(person)
        assert after == STORED.get(self.state[person], self.state[person])

    async def _withdraw(self, token: str) -> str | None:
        async with self.database.transaction(Purpose.RIGHTS) as tx:
            case = await store.wanted(tx, token, None, None)
            return await take_back(tx, case) if case else None

    async def _gathered(self) -> None:
        """What is searched for afterwards: else nothing is ordered."""
        async with self.harness.superuser("privacy") as connection:
            await connection.execute(GATHERED)

    @rule()
    def dispatch(self) -> None:
        """What no copy or hold keeps waiting leaves in one order, while somebody has answered all but two."""
        due = {p for p, state in self.state.items() if state in ("waiting", "due again")}
        ready = due - self.copies.keys() - self.holds.keys()
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
                for which in [which for which in self.restrictions if which[0] == person]:
                    del self.restrictions[which]

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
        assert self.do(self._forbidden()) == self.forbidden()
        expected = {p: STORED.get(s, s) for p, s in self.state.items()}
        assert {p: cases[p] for p in expected} == expected
        assert tombstones == self.erased
        assert in_flight == len(self.orders)

    def forbidden(self) -> set[tuple[UUID, str]]:
        """What the open cases forbid: a restriction its extent, an erasure with a cooling-off everything."""
        cooling = {(person, "*") for person in self.cooled if person not in self.erased}
        return cooling | {(p, ruling) for p, about in self.restrictions for ruling in rulings_of(about)}

    async def _forbidden(self) -> set[tuple[UUID, str]]:
        async with self.harness.superuser("privacy") as connection:
            return {tuple(row) for row in await connection.fetch(FORBIDDEN)}

    async def _look(self) -> tuple[dict[UUID, str], set[UUID], int]:
        async with self.harness.superuser("privacy") as connection:
            cases = await connection.fetch(CASES)
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
            max_examples=6 * harnesses.DEEPER,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
