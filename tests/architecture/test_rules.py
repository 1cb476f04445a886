"""The shape of the code; each rule is seen to find what it is there for."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from deploy.local.folders import PROJECT
from deploy.local.system import SERVICES, service
from shared.messaging.router import Handler, parameters
from tests import guards
from tests.architecture import rules
from tests.architecture.rules import OWN, committed, relative, sources

LONG = rules.MOST_LINES * "x = 1\n"


def text_files() -> list[tuple[str, str]]:
    texts = []
    for file in committed():
        content = file.read_bytes()
        if b"\0" not in content:
            texts.append((relative(file), content.decode()))
    return texts


def handlers() -> list[Handler]:
    routers = [service(name).complete_router() for name in SERVICES]
    reacting = [reaction.handler for router in routers for reaction in router.event_handlers]
    return reacting + [answer.handler for router in routers for answer in router.request_handlers.values()]


def test_there_is_something_to_look_at() -> None:
    """Or else every rule below would hold."""
    assert len(list(sources(*OWN))) > 100
    assert len(list(sources("tests"))) > 40
    assert len(handlers()) > 80
    assert "lethe" in dict(text_files())


def test_files_are_short_enough_to_be_read() -> None:
    assert [fault for name, text in sources(*OWN) if (fault := rules.too_long(name, text))] == []


def test_names_say_what_is_inside() -> None:
    assert [fault for name, _ in sources(*OWN, "tests") if (fault := rules.says_nothing(name))] == []


def test_handlers_are_short() -> None:
    assert [fault for handler in handlers() if (fault := rules.long_handler(handler))] == []


def test_no_handler_opens_a_transaction() -> None:
    assert [fault for name, text in sources("services") for fault in rules.opens_a_transaction(name, text)] == []
    assert [f"{h.__module__}.{h.__qualname__}" for h in handlers() if "database" in parameters(h)] == []


def test_handlers_and_jobs_are_imported_by_the_wiring_only() -> None:
    assert [fault for name, text in sources("services") for fault in rules.imports_the_top_floor(name, text)] == []


def test_rows_leave_a_store_as_dataclasses() -> None:
    assert [fault for name, text in sources("services") for fault in rules.subscripts_a_row(name, text)] == []


def test_rows_are_picked_once() -> None:
    assert [fault for name, text in sources(*OWN) for fault in rules.picks_anew(name, text)] == []


def test_the_old_words_are_gone() -> None:
    assert [fault for name, text in sources(*OWN, "tests") for fault in rules.old_words(name, text)] == []


def test_the_pages_lead_somewhere() -> None:
    pages = [file for file in committed() if file.suffix == ".md"]
    assert len(pages) > 10
    assert [dead for page in pages for dead in rules.dead_links(page)] == []


def test_every_promise_names_tests_that_exist() -> None:
    functions = {
        node.name
        for _, text in sources("tests")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    promises = (PROJECT / "docs" / "promises.md").read_text().split("\n## ")[1:]
    assert len(promises) == 14
    assert [promise.splitlines()[0] for promise in promises if not rules.TEST.search(promise)] == []
    assert rules.missing_tests("".join(promises), functions) == []


def test_every_guard_stands_where_its_row_says() -> None:
    """What breaks them is seen by `./lethe test --deep`."""
    table = guards.rows()
    assert len(table) > 100
    assert [fault for row in table if (fault := row.fault)] == []
    gone = replace(table[0], test=f"{table[0].test.partition('::')[0]}::test_that_is_gone")
    assert gone.fault == f"{gone.guard}: there is no test {gone.test}"


def test_only_the_wiring_reads_settings() -> None:
    assert [fault for name, text in sources("services") for fault in rules.reads_settings(name, text)] == []


def test_no_test_sleeps_until_something_has_happened() -> None:
    assert [fault for name, text in sources("tests") for fault in rules.sleeps(name, text)] == []


def test_nothing_is_left_unfinished() -> None:
    assert [fault for name, text in text_files() for fault in rules.unfinished(name, text)] == []


def test_nothing_names_a_path_of_one_machine() -> None:
    assert [fault for name, text in text_files() for fault in rules.of_this_machine(name, text)] == []


@pytest.mark.parametrize(
    ("rule", "spoilt", "fine"),
    [
        (rules.too_long, LONG + "x = 1\n", LONG),
        (rules.unfinished, f"# {rules.UNFINISHED[0]}: later", "# done"),
        (rules.subscripts_a_row, "def f(row):\n    return row['state']", "def f(row):\n    return row.state"),
        (rules.subscripts_a_row, "x = order['gross']", "X = 'SELECT 1'\nx = order['gross']"),
        (rules.imports_the_top_floor, "from services.x.handlers import orders", "from services.x.orders import store"),
        (rules.imports_the_top_floor, "from services.x import jobs", "from services.x import rules"),
        (rules.picks_anew, "x IN (SELECT x FROM y LIMIT 1 FOR UPDATE SKIP LOCKED)", "SELECT x FOR UPDATE SKIP LOCKED"),
        (
            rules.picks_anew,
            "UPDATE y FROM (\n SELECT x WHERE at < now() LIMIT 1 FOR UPDATE SKIP LOCKED) due",
            "WITH due AS MATERIALIZED (SELECT x WHERE at < now() LIMIT 1 FOR UPDATE SKIP LOCKED) UPDATE y FROM due",
        ),
        (rules.old_words, "class Outlet: ...", "class Publisher: ..."),
        (rules.old_words, "async def front_door(): ...", "async def gateway_client(): ..."),
        (rules.unfinished, f"# {rules.UNFINISHED[1]}", "# to do"),
        (rules.of_this_machine, f"see {rules.OF_THIS_MACHINE[0]}x", "work/x"),
        (rules.of_this_machine, f"in {rules.OF_THIS_MACHINE[1]}.venv", "rooted/x"),
        (rules.reads_settings, "import os\nos.environ['X']", "environment = {}"),
        (rules.reads_settings, "import os\nos.getenv('X')", "import os\nos.getpid()"),
        (rules.reads_settings, "from os import environ", "from os import getpid"),
        (rules.reads_settings, "PrivacySettings()", "def f(settings: PrivacySettings): ..."),
        (rules.reads_settings, "settings.PrivacySettings.of('x')", "settings.of"),
        (rules.sleeps, "time.sleep(0.1)", "time.monotonic()"),
        (rules.sleeps, "async def f():\n    await asyncio.sleep(1)", "asyncio.sleep(0.9)"),
        (rules.sleeps, "asyncio.sleep(60)", "asyncio.Event().wait()"),
    ],
)
def test_a_rule_finds_what_breaks_it(rule: Callable[[str, str], Sequence[str] | None], spoilt: str, fine: str) -> None:
    assert rule("services/x/y.py", spoilt)
    assert not rule("services/x/y.py", fine)


def test_the_wiring_may_read_settings() -> None:
    assert not rules.reads_settings("services/x/app.py", "XSettings.of('x')")


@pytest.mark.parametrize("name", ["shared/utils.py", "services/x/mail_helpers.py", "deploy/common/x.py", "a/Base.py"])
def test_a_name_that_says_nothing_is_found(name: str) -> None:
    assert rules.says_nothing(name)
    assert not rules.says_nothing("shared/database.py")


def test_a_transaction_in_a_handler_is_found() -> None:
    opening = "async def f(database):\n    async with database.transaction('x') as tx: ..."
    assert rules.opens_a_transaction("services/x/handlers/y.py", opening)
    assert not rules.opens_a_transaction("services/x/jobs/y.py", opening)


def test_a_dead_link_and_a_missing_test_are_found() -> None:
    page = PROJECT / "docs" / "promises.md"
    assert rules.missing_tests(
        "`test_that_is_none`, `test_the_pages_lead_somewhere`", ["test_the_pages_lead_somewhere"]
    )
    assert rules.LINK.findall("[a](b.md), [c](https://example.com)") == ["b.md", "https://example.com"]
    assert rules.dead_links(page) == []


async def long(first: int) -> int:
    """A handler of twenty lines and its docstring."""
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    first += 1
    return first


async def short(first: int) -> int:
    """A handler that says what is to be done."""
    return first


def test_a_long_handler_is_found() -> None:
    assert rules.long_handler(long) == f"{__name__}.long has 20 lines"
    assert rules.long_handler(short) is None
