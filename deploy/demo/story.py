"""The demonstration: a population, one erasure step by step, then 200 at once, then the evidence."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy import broker, leftovers
from deploy.demo import documents, notice, tables
from deploy.demo.failures import PATIENCE_S, DemoFailed
from deploy.demo.person import Person
from deploy.local import system
from deploy.local.system import System
from deploy.population import residents
from deploy.population.cases import insert_cases, release
from deploy.population.residents import Resident
from shared.messaging.request_client import RequestClient
from shared.messaging.topology import UNROUTED

POPULATION = 500
AT_ONCE = 200
OTHERS = 5  # how many of the crowd the search looks for besides her

CLOSED = "SELECT count(*) FROM privacy_case WHERE subject_id = ANY ($1) AND state = 'closed'"
PRESENT = "SELECT count(*) FROM subject WHERE subject_id = ANY ($1)"


async def play(running: System, console: Console, seed: int) -> dict[str, Any]:
    """Play everything; answers the figures. Raises DemoFailed when a promise was not kept."""
    began = perf_counter()
    names = system.SERVICES
    async with residents.superuser(running.servers.postgres_admin_url, names) as connections:
        people = await _populate(connections, console, seed)
        await notice.publish(running, console)
        person = await _one(running, console, seed)
        crowd = people[:AT_ONCE]
        seconds = await _crowd(connections, console, crowd)
        await _prove(running, console, connections, person, crowd)
    await documents.write(running, console)
    figures = {"people": len(people), "at_once": AT_ONCE, "at_once_seconds": round(seconds, 2)}
    return figures | {"seconds": round(perf_counter() - began, 1)}


async def _populate(connections: dict[str, asyncpg.Connection], console: Console, seed: int) -> list[Resident]:
    people = residents.residents(POPULATION, seed)
    known = await connections["identity"].fetchval(PRESENT, [p.subject_id for p in people])
    if not known:
        await residents.insert_all(connections, people)
    keeping = sum(p.keeps_license for p in people)
    unpaid = sum(p.unpaid_order for p in people)
    console.print(
        f"[bold]1.[/] {len(people)} generated people live here; {keeping} keep a license, {unpaid} have not paid yet"
    )
    return people


async def _one(running: System, console: Console, seed: int) -> Person:
    console.print("[bold]3.[/] One of them, from the first day to the last")
    person = await arrived(running, console, seed)
    await _erase_one(person, console)
    return person


async def arrived(running: System, console: Console, seed: int) -> Person:
    """Somebody with an account, a license and the newsletter. Raises DemoFailed without a mailbox to read."""
    if running.servers.mailbox_folder is None:
        raise DemoFailed("the demonstration reads mailed codes: run it without LETHE_SMTP_URL")
    person = Person(running.gateway_url, running.servers.mailbox_folder, seed)
    console.print(f"   {person.full_name} registers, confirms a mailed code and signs in")
    await asyncio.to_thread(person.register)
    client = RequestClient(broker.in_virtual_host(running.servers.amqp_url, system.VIRTUAL_HOST), "demo", PATIENCE_S)
    try:
        invoice = await person.buy(client)
    finally:
        await client.close()
    console.print(f"   buys a license: invoice {invoice}, key activated, it is {person.validate_license()}")
    await asyncio.to_thread(person.subscribe)
    console.print("   subscribes to the newsletter (double opt-in)")
    return person


async def _erase_one(person: Person, console: Console) -> None:
    console.print("[bold]4.[/] She asks to be erased and ends the contract")
    began, shown = perf_counter(), ""
    case = await asyncio.to_thread(person.ask_for_erasure)
    console.print(f"   case {case['case_id']}, due {case['due_on']}")
    while case["state"] != "closed":
        if perf_counter() - began > PATIENCE_S:
            raise DemoFailed(f"the case did not close within {PATIENCE_S:.0f} s: {tables.progress(case)}")
        case = await asyncio.to_thread(person.case)
        if (line := tables.progress(case)) != shown:
            console.print(f"   {perf_counter() - began:5.2f} s  {line}")
            shown = line
        await asyncio.sleep(0.01)
    console.print(tables.outcomes(await asyncio.to_thread(person.certificate)))
    console.print(f"   her license key now: {await asyncio.to_thread(person.validate_license)}")


async def _crowd(connections: dict[str, asyncpg.Connection], console: Console, crowd: Sequence[Resident]) -> float:
    console.print(f"[bold]5.[/] {len(crowd)} people at once")
    ids = [p.subject_id for p in crowd]
    privacy = connections["privacy"]
    await insert_cases(privacy, [p.subject_id for p in crowd if not p.keeps_license])
    await insert_cases(privacy, [p.subject_id for p in crowd if p.keeps_license], terminate_contract=False)
    began = perf_counter()
    columns = (TextColumn("   erased"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=len(ids))
        await release(privacy, ids)
        while (done := await privacy.fetchval(CLOSED, ids)) < len(ids):
            bar.update(task, completed=done)
            if perf_counter() - began > PATIENCE_S:
                raise DemoFailed(f"{len(ids) - done} of {len(ids)} cases did not close within {PATIENCE_S:.0f} s")
            await asyncio.sleep(0.02)
        bar.update(task, completed=len(ids))
    seconds = perf_counter() - began
    console.print(f"   {len(ids)} cases closed in {seconds:.2f} s")
    return seconds


async def _prove(
    running: System,
    console: Console,
    connections: dict[str, asyncpg.Connection],
    person: Person,
    crowd: Sequence[Resident],
) -> None:
    console.print("[bold]6.[/] The evidence")
    management = running.servers.management_url
    await _drained(management)
    console.print(tables.queues(await leftovers.queue_depths(management, system.VIRTUAL_HOST)))
    certificate = await asyncio.to_thread(person.certificate)
    console.print(f"   certificate {certificate['case_id']}: {certificate['outcome']}, {len(certificate['kept'])} kept")
    values = person.values + [value for p in crowd[:OTHERS] for value in p.values]
    in_tables = await leftovers.in_tables(connections, values)
    in_queues, messages = await leftovers.in_queues(management, system.VIRTUAL_HOST, values)
    in_logs, lines = leftovers.in_logs(running.folder / "logs", values)
    everything = in_tables + in_queues + in_logs
    console.print(tables.leftovers(everything))
    console.print(f"   searched for her and {OTHERS} others: every table, {messages} messages, {lines} log lines")
    console.print("   not searched: the mailbox (the world outside), write-ahead logs, backups")
    if wrong := [trace for trace in everything if not trace.kept]:
        raise DemoFailed(f"values of an erased person were found in {wrong[0].place} {wrong[0].where}")
    _matches(await leftovers.in_tables(connections, person.values), certificate)


async def _drained(management_url: str) -> None:
    """Wait until what the erasures set off (letters, vacuum) has left the queues."""
    began = perf_counter()
    while any(
        d for q, d in (await leftovers.queue_depths(management_url, system.VIRTUAL_HOST)).items() if q != UNROUTED
    ):
        if perf_counter() - began > PATIENCE_S:
            return  # the table shows what is left
        await asyncio.sleep(0.1)


def _matches(found: Sequence[leftovers.Leftover], certificate: dict[str, Any]) -> None:
    """Every table in which her values are still found is in the certificate as kept."""
    listed = {entry["table"] for entry in certificate["kept"]}
    if extra := {t.where.rpartition(".")[2] for t in found} - listed:
        raise DemoFailed(f"the certificate does not list {', '.join(sorted(extra))}")
