"""The shape of the code; each rule is seen to find what it is there for."""

from collections.abc import Callable, Sequence

import pytest

from deploy.local.system import SERVICES, service
from shared.messaging.router import Handler
from tests.architecture import rules
from tests.architecture.rules import OWN, committed, relative, sources

LONG = rules.MOST_LINES * "x = 1\n"


def text_files() -> list[tuple[str, str]]:
    found = []
    for file in committed():
        content = file.read_bytes()
        if b"\0" not in content:
            found.append((relative(file), content.decode()))
    return found


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
    assert [found for name, text in sources(*OWN) if (found := rules.too_long(name, text))] == []


def test_names_say_what_is_inside() -> None:
    assert [found for name, _ in sources(*OWN, "tests") if (found := rules.says_nothing(name))] == []


def test_handlers_are_short() -> None:
    assert [found for handler in handlers() if (found := rules.long_handler(handler))] == []


def test_only_the_wiring_reads_settings() -> None:
    assert [found for name, text in sources("services") for found in rules.reads_settings(name, text)] == []


def test_no_test_sleeps_until_something_has_happened() -> None:
    assert [found for name, text in sources("tests") for found in rules.sleeps(name, text)] == []


def test_nothing_is_left_unfinished() -> None:
    assert [found for name, text in text_files() for found in rules.unfinished(name, text)] == []


def test_nothing_names_a_path_of_one_machine() -> None:
    assert [found for name, text in text_files() for found in rules.of_this_machine(name, text)] == []


@pytest.mark.parametrize(
    ("rule", "spoilt", "fine"),
    [
        (rules.too_long, LONG + "x = 1\n", LONG),
        (rules.unfinished, f"# {rules.UNFINISHED[0]}: later", "# done"),
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
        (rules.sleeps, "asyncio.sleep(5.0)", "asyncio.sleep(60)"),
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
