"""`./lethe erasures`: privacy answers from its database where each case stands, and lets one go on."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pytest
import structlog

from deploy.local.servers import Servers
from deploy.population.cases import insert_cases
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.sealed_addresses import AddressSeal
from shared.contracts.privacy import ErasureReminded
from shared.observability import keep_personal_values_out
from shared.secrets import Keyring
from shared.tracing import add_ids
from tests import harness as harnesses
from tests.fake_participants import (
    APPLE,
    PARTICIPANTS,
    PEAR,
    FakeParticipants,
    opened_case,
    report,
)
from tests.harness import Harness, eventually
from tests.sample.harness import lethe as command
from tests.sample.harness import lethe_at, listening, metric
from tests.spans import recorded

UNANSWERED = "lethe_erasure_unanswered_orders"
ADDRESS = "anna.nowak@example.com"
CASE_OF = "SELECT case_id FROM privacy_case WHERE subject_id = $1"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    settings = {"participants": ",".join(PARTICIPANTS), "remind_after_s": 1, "gather_patience_s": 0}
    module_harness = await harnesses.build(servers, [PRIVACY], settings=settings)
    yield module_harness
    await harnesses.tear_down(module_harness)


async def lethe(harness: Harness, *words: str, **environment: str) -> tuple[str, str, int]:
    """`./lethe erasures WORDS` on this broker; it needs no database."""
    where = {"LETHE_AMQP_URL": harness.servers.amqp_url, "LETHE_VIRTUAL_HOST": harness.name}
    return await lethe_at("erasures", *words, **where | environment)


async def told(harness: Harness, *words: str) -> dict[str, Any]:
    out, wrong, code = await lethe(harness, *words, "--json")
    assert (code, wrong) == (0, "")
    document: dict[str, Any] = json.loads(out)
    return document


async def opened(fakes: FakeParticipants, *, cooling_off: bool = False) -> UUID:
    """A case that may run, with an address that is sealed in it; or one that its person may withdraw for a day."""
    person = uuid4()
    seal = AddressSeal(Keyring("privacy", fakes.harness.settings["keys"]))
    if cooling_off:
        await insert_cases(fakes.rows, [person])
    else:
        await opened_case(fakes.database, person, seal.close(ADDRESS))
    case_id: UUID = await fakes.rows.fetchval(CASE_OF, person)
    return case_id


async def test_a_silent_participant_is_named(fakes: FakeParticipants, harness: Harness) -> None:
    case_id = await opened(fakes)
    order = await fakes.ordered()
    await fakes.say(PEAR, report(PEAR, order))

    async def silent() -> dict[str, Any] | None:
        erasures = await told(harness, "list")
        answers = {each["service"]: each["answer"] for each in erasures["orders"][0]["answers"]}
        return erasures if answers == {APPLE: "silent", PEAR: "answered", "privacy": "last"} else None

    erasures = await eventually(silent)
    (case,) = erasures["cases"]
    assert (case["case_id"], case["state"], case["outlook"]) == (str(case_id), "ordered", "on time")
    assert (case["order_id"], case["attempts"]) == (str(order.order_id), 1)
    for words, count in ((("--waits-for", APPLE), 1), (("--waits-for", PEAR), 0), (("--state", "failed"), 0)):
        assert len((await told(harness, "list", *words))["cases"]) == count, words
    shown: list[tuple[str, ...]] = [("list",), ("show", str(case_id)), ("show", str(order.order_id))]
    for command_words in shown:
        out, wrong, code = await lethe(harness, *command_words)
        assert (code, wrong) == (0, ""), command_words
        assert "apple" in out
        assert str(case_id) in out
    await eventually(lambda: metric(UNANSWERED, participant=APPLE) == 1 and metric(UNANSWERED, participant=PEAR) == 0)
    await eventually(lambda: metric("lethe_erasure_oldest_order_seconds") > 0)  # in whole seconds
    explained = await told(harness, "explain", str(case_id))
    assert [step["sentence"] for step in explained["steps"] if "reminded" not in step["sentence"]] == [
        explained["steps"][0]["sentence"],
        f"Attempt 1: order {order.order_id} asked apple, pear, privacy to erase 1 id.",
        "pear answered: purged thing.",
    ]
    assert explained["now"].startswith("It waits for apple (asked last at ")


async def test_a_closed_case_is_told_from_its_receipt_on(fakes: FakeParticipants, harness: Harness) -> None:
    case_id = await opened(fakes)
    order = await fakes.ordered()
    await fakes.say(APPLE, report(APPLE, order))
    await fakes.say(PEAR, report(PEAR, order))

    async def closed() -> bool:
        return bool((await told(harness, "list", "--state", "closed"))["cases"])

    await eventually(closed)
    out, wrong, code = await lethe(harness, "explain", str(case_id))
    assert (code, wrong) == (0, "")
    lines = [line[21:] for line in out.splitlines()]
    assert lines[0].startswith("The request came in (member, proved by test)")
    assert lines[1].startswith("Attempt 1: order")
    assert "The case closed; its certificate is complete." in lines
    assert out.splitlines()[-1].startswith("Now: Nothing is left to do.")
    assert (await told(harness, "list"))["cases"] == []
    assert (await lethe(harness, "list"))[0] == "no case is open\n"
    assert (await lethe(harness, "list", "--late"))[0] == "no such case\n"


async def test_a_case_is_drawn(fakes: FakeParticipants, harness: Harness, tmp_path: Path) -> None:
    """With what privacy keeps alone, and with what was recorded meanwhile."""
    case_id = await opened(fakes)
    with recorded(tmp_path / "spans") as spans:
        order = await fakes.ordered()
        for name in PARTICIPANTS:
            await fakes.say(name, report(name, order))

        async def closed() -> bool:
            return bool((await told(harness, "list", "--state", "closed"))["cases"])

        await eventually(closed)
    kept, wrong, code = await lethe(harness, "trace", str(case_id))
    assert (code, wrong) == (0, "")
    lanes = re.findall('class="lane">([^<]+)<', kept)
    assert lanes == ["person", "privacy", *sorted(PARTICIPANTS)]
    assert "The case closed; its certificate is complete." in kept
    reminded = kept.count(" was reminded, ")  # who did not answer within a second
    assert kept.count("<path") == 1 + 2 * len(PARTICIPANTS) + reminded, "one in; out to each and back"
    more, wrong, code = await lethe(harness, "trace", str(case_id), "--spans", str(spans))
    assert (code, wrong) == (0, "")
    assert "process privacy.on.any.erasure-reported" in more
    assert more == (await lethe(harness, "trace", str(case_id), LETHE_TRACES_PATH=str(spans)))[0]
    subject = str(order.subjects[0].subject_id)
    for picture in (kept, more):
        assert ET.fromstring(picture).tag.endswith("svg")  # noqa: S314 our own
        assert subject not in picture
        assert "example.com" not in picture


@pytest.mark.parametrize("what", ["gone", "a folder", "nothing but noise"])
async def test_a_file_that_holds_no_spans_is_told_or_adds_nothing(
    fakes: FakeParticipants, harness: Harness, tmp_path: Path, what: str
) -> None:
    case_id, file = await opened(fakes), tmp_path / "spans"
    if what == "nothing but noise":
        file.write_bytes(b"\0\xff\n{}\nnull\n")
    elif what == "a folder":
        file.mkdir()
    answer = await lethe(harness, "trace", str(case_id), "--spans", str(file))
    if what == "nothing but noise":
        assert (answer[1:], answer[0][:4]) == (("", 0), "<svg")
        return
    assert (answer[0], answer[2]) == ("", 4)
    assert answer[1].startswith("lethe: the file of spans can't be read (")
    assert answer[1].count("\n") == 1


async def test_nothing_of_the_person_is_shown(fakes: FakeParticipants, harness: Harness) -> None:
    case_id = await opened(fakes)
    order = await fakes.ordered()
    subject = str(order.subjects[0].subject_id)
    commands: tuple[tuple[str, ...], ...] = (
        ("list",),
        ("show", str(case_id)),
        ("show", str(order.order_id)),
        ("explain", str(case_id)),
    )
    answers = [lethe(harness, *words, *shape) for words in commands for shape in ((), ("--json",))]
    for out, _, code in await asyncio.gather(*answers):
        assert code == 0
        assert subject not in out
        assert "example.com" not in out


async def test_what_will_miss_its_date_is_found(fakes: FakeParticipants, harness: Harness) -> None:
    later, soon, late, bound = [await opened(fakes, cooling_off=True) for _ in range(4)]
    set_due = "UPDATE privacy_case SET due_on = (now() AT TIME ZONE 'Europe/Warsaw')::date + $2::int WHERE case_id = $1"
    for case_id, days in ((soon, 3), (late, -1), (bound, 0)):
        await fakes.rows.execute(set_due, case_id, days)
    outlooks = {case["case_id"]: case["outlook"] for case in (await told(harness, "list"))["cases"]}
    assert outlooks[str(later)] == "on time"
    endangered = [(case["case_id"], case["outlook"]) for case in (await told(harness, "list", "--late"))["cases"]]
    assert endangered == [(str(late), "late"), (str(bound), "will miss its date"), (str(soon), "due soon")]
    kinds = ("late", "bound_to_miss", "nearly_due")
    await eventually(lambda: [metric(f"lethe_erasure_cases_{kind}") for kind in kinds] == [1, 1, 3])
    first = await told(harness, "list", "--most", "2")
    assert ([case["case_id"] for case in first["cases"]], first["more"]) == ([str(late), str(bound)], True)


async def test_a_failed_case_is_released(fakes: FakeParticipants, harness: Harness) -> None:
    """What failed waits for a minute at least; released, it is ordered at once and tells both attempts."""
    case_id = await opened(fakes)
    order = await fakes.ordered()
    await fakes.say(APPLE, report(APPLE, order, outcome="failed"))
    await fakes.say(PEAR, report(PEAR, order))

    async def failed() -> bool:
        return bool((await told(harness, "list", "--state", "failed"))["cases"])

    await eventually(failed)
    explained = await told(harness, "explain", str(case_id))
    assert "apple could not erase: 23514 some_rule." in [step["sentence"] for step in explained["steps"]]
    assert explained["now"].startswith("The attempt failed; the next one is at ")
    out, wrong, code = await lethe(harness, "release", str(case_id))
    assert (code, wrong, out.startswith(f"released: {case_id};")) == (0, "", True)
    again = await fakes.ordered(2)
    assert again.order_id != order.order_id
    shown = await told(harness, "show", str(case_id))
    assert [each["order_id"] for each in shown["orders"]] == [str(order.order_id), str(again.order_id)]
    sentences = [step["sentence"] for step in (await told(harness, "explain", str(case_id)))["steps"]]
    assert [sentence[:10] for sentence in sentences if sentence.startswith("Attempt")] == ["Attempt 1:", "Attempt 2:"]


async def test_log_lines_say_about_which_case_they_are(
    fakes: FakeParticipants, harness: Harness, log_lines: io.StringIO
) -> None:
    case_id = await opened(fakes)
    order = await fakes.ordered()
    assert (await lethe(harness, "release", str(case_id)))[2] == 0
    ids = {"case_id": str(case_id), "order_id": str(order.order_id)}
    for event, known in (("order published", ids), ("case released by an operator", {"case_id": str(case_id)})):
        line = next(line for line in map(json.loads, log_lines.getvalue().splitlines()) if line["event"] == event)
        assert {name: line.get(name) for name in ids} == {name: known.get(name) for name in ids}, event
    assert UUID(line["trace_id"])


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """What services write while the test runs."""
    written, before = io.StringIO(), structlog.get_config()
    structlog.configure(
        processors=[keep_personal_values_out, add_ids, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(written),
    )
    yield written
    structlog.configure(**before)


async def test_who_is_silent_is_asked_again_at_once(fakes: FakeParticipants, harness: Harness) -> None:
    case_id = await opened(fakes)
    order = await fakes.ordered()
    patient = "UPDATE order_participant SET reminders = 20, asked_at = now() WHERE order_id = $1"
    await fakes.rows.execute(patient, order.order_id)
    async with listening(harness, ErasureReminded.type) as reminded:
        assert (await lethe(harness, "release", str(case_id)))[2] == 0
        await eventually(lambda: len(reminded) >= len(PARTICIPANTS))
    services = {ErasureReminded.model_validate_json(message.body).service for message in reminded}
    assert services == set(PARTICIPANTS)


async def test_a_cooling_off_is_its_persons(fakes: FakeParticipants, harness: Harness) -> None:
    case_id = await opened(fakes, cooling_off=True)
    before = await fakes.rows.fetchval("SELECT run_at FROM privacy_case WHERE case_id = $1", case_id)
    sentence = "lethe: the case waits for its person, who may still withdraw it\n"
    assert await lethe(harness, "release", str(case_id)) == ("", sentence, 1)
    assert await fakes.rows.fetchval("SELECT run_at FROM privacy_case WHERE case_id = $1", case_id) == before
    assert (await told(harness, "explain", str(case_id)))["now"].startswith("Its person may withdraw it until ")


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
async def test_what_has_ended_is_not_released(fakes: FakeParticipants, harness: Harness, state: str) -> None:
    case_id = await opened(fakes, cooling_off=True)
    ended = "UPDATE privacy_case SET state = $2, closed_at = now() WHERE case_id = $1"
    for step in ["ordered", "closed"] if state == "closed" else [state]:
        await fakes.rows.execute(ended, case_id, step)
    sentence = f"lethe: the case has ended: it is {state}\n"
    assert await lethe(harness, "release", str(case_id)) == ("", sentence, 1)


async def test_what_is_unknown_is_one_sentence(fakes: FakeParticipants, harness: Harness) -> None:
    unknown, own = str(uuid4()), fakes.harness.amqp["privacy"].rpartition("/")[0] + "/"
    wrong: list[tuple[tuple[str, ...], dict[str, str], int, str]] = [
        (("show", unknown), {}, 4, "no such case or order"),
        (("explain", unknown), {}, 4, "no such case"),
        (("release", unknown), {}, 4, "no such case"),
        (("trace", unknown), {}, 4, "no such case"),
        (("list",), {"LETHE_AMQP_URL": "amqp://x:y@127.0.0.1:1"}, 3, "a server does not answer"),
        (("list",), {"LETHE_AMQP_URL": own}, 5, "the broker refuses this account"),
    ]
    answers = await asyncio.gather(*(lethe(harness, *words, **environment) for words, environment, _, _ in wrong))
    for (words, _, code, sentence), (out, said, answered) in zip(wrong, answers, strict=True):
        assert (answered, out) == (code, ""), (words, said)
        assert said.startswith(f"lethe: {sentence}"), (words, said)
        assert said.count("\n") == 1, (words, said)


WRONG: dict[str, tuple[tuple[str, ...], dict[str, str], int, str]] = {
    "a name to show": (("show", "Anna"), {}, 2, "an id is a UUID"),
    "a number to explain": (("explain", "1"), {}, 2, "an id is a UUID"),
    "a name to draw": (("trace", "Anna"), {}, 2, "an id is a UUID"),
    "nothing to release": (("release", ""), {}, 2, "an id is a UUID"),
    "an unknown state": (("list", "--state", "lost"), {}, 2, "there is no state lost; the states are waiting"),
    "no such virtual host": (("list",), {"LETHE_VIRTUAL_HOST": "nowhere"}, 4, "there is no virtual host nowhere"),
    "a wrong password": (("list",), {"LETHE_AMQP_URL": "wrong"}, 5, "the server refuses this account"),
    "a privacy that is down": (("list",), {}, 3, "privacy does not answer"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_use_is_one_sentence(harness: Harness, name: str) -> None:
    words, environment, code, sentence = WRONG[name]
    if "LETHE_AMQP_URL" in environment:
        environment = {"LETHE_AMQP_URL": harness.servers.amqp_url.replace("@", "x@")}
    answer = await command(harness, "erasures", *words, **environment)
    assert (answer.exit_code, answer.stdout) == (code, "")
    assert answer.stderr.startswith(f"lethe: {sentence}")
    assert answer.stderr.count("\n") == 1
