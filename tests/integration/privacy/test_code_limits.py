"""Codes by mail: few of them reach one mailbox, whoever asks, and the answer never tells."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.unconfirmed_requests import CODE, MAX_CODES, MAX_TRIES
from shared.contracts import privacy
from shared.messaging.request_client import RequestClient
from shared.problems import Refused
from shared.secrets import Keyring
from tests import harness as harnesses
from tests.harness import Harness, eventually
from tests.integration.marketing.driver import rows
from tests.mail_server import MailServer, mail_server, text_of


@pytest.fixture(scope="module")
async def smtp() -> AsyncIterator[MailServer]:
    async with mail_server() as opened:
        yield opened


@pytest.fixture(scope="module")
async def harness(servers: Servers, smtp: MailServer) -> AsyncIterator[Harness]:
    module_harness = await harnesses.build(servers, [PRIVACY], settings={"smtp_url": smtp.url})
    yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture
async def client(harness: Harness) -> AsyncIterator[RequestClient]:
    async with harness.serve(PRIVACY), harness.asking() as asking:
        yield asking


def address() -> str:
    return f"{uuid4().hex[:10]}@example.com"


async def ask(client: RequestClient, email: str, *, terminate: bool = False, language: str = "pl") -> UUID:
    request = privacy.RequestCase.model_validate(
        {"email": email, "terminate_contract": terminate, "language": language}
    )
    return (await client.request(request, timeout_s=harnesses.PATIENCE_S)).id


async def ids(harness: Harness) -> set[UUID]:
    stored = await rows(harness, "SELECT request_id FROM unconfirmed_request", service="privacy")
    return {row["request_id"] for row in stored}


async def settled(harness: Harness) -> None:
    """Until no code waits for its mail."""

    async def nothing_waits() -> bool:
        return not await rows(harness, "SELECT FROM unconfirmed_request WHERE sent_at IS NULL", service="privacy")

    await eventually(nothing_waits)


def texts(smtp: MailServer, emails: Sequence[str]) -> list[str]:
    return [text_of(mail) for email in emails for mail in smtp.mails_to(email)]


async def later(harness: Harness, asked: UUID, interval: str) -> None:
    """As if a code had been mailed earlier."""
    sql = """UPDATE unconfirmed_request SET sent_at = sent_at - $2::text::interval,
      code_from = code_from - $2::text::interval WHERE request_id = $1"""
    await rows(harness, sql, asked, interval, service="privacy")


async def test_twenty_five_at_once_are_three_mails(harness: Harness, client: RequestClient, smtp: MailServer) -> None:
    email = address()
    answers = await asyncio.gather(*(ask(client, email) for _ in range(25)))
    stored = set(answers) & await ids(harness)
    assert len(stored) == MAX_CODES == 3
    assert set(answers) == stored, "who asks too often can use the newest code"
    await settled(harness)
    assert len(smtp.mails_to(email)) == MAX_CODES


SPELLINGS = (
    "{name}@EXAMPLE.com",
    "{name}@example.com",
    "{upper}@example.com",
    " {name}@example.com",
    "{name}@example.com",
)


async def test_spellings_languages_and_choices_share_one_limit(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    name, before = uuid4().hex[:10], await ids(harness)
    emails = [spelling.format(name=name, upper=name.upper()) for spelling in SPELLINGS]
    for place, email in enumerate(emails):
        await ask(client, email, terminate=bool(place % 2), language=("pl", "en")[place % 2])
    assert len(await ids(harness) - before) == MAX_CODES
    await settled(harness)
    assert len(texts(smtp, sorted(set(emails)))) == MAX_CODES
    other = await ask(client, address())
    assert other in await ids(harness)


async def test_beyond_the_limit_the_answer_leads_to_the_newest_code_for_the_same_wish(
    harness: Harness, client: RequestClient
) -> None:
    email = address()
    goes_on = await ask(client, email)
    _, ends = await ask(client, email, terminate=True), await ask(client, email, terminate=True)
    assert [await ask(client, email), await ask(client, email, terminate=True)] == [goes_on, ends]


async def test_where_no_code_can_be_used_any_more_the_answer_is_still_an_id(
    harness: Harness, client: RequestClient
) -> None:
    email, before = address(), await ids(harness)
    asked = [await ask(client, email) for _ in range(MAX_CODES)]
    stored = await ids(harness)
    other = await ask(client, email, terminate=True)
    await settled(harness)
    used_up = "UPDATE unconfirmed_request SET tries = $1 WHERE request_id = ANY ($2)"
    await rows(harness, used_up, MAX_TRIES, asked, service="privacy")
    spent = await ask(client, email)
    assert {other, spent}.isdisjoint(stored)
    assert await ids(harness) - before == set(asked)


async def test_the_hour_runs_from_the_mail_and_a_mail_that_waits_counts(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    email = address()
    smtp.answers[email] = "451 Later"
    asked = [await ask(client, email) for _ in range(MAX_CODES)]
    asked_long_ago = (
        "UPDATE unconfirmed_request SET received_at = now() - interval '5 hours' WHERE request_id = ANY ($1)"
    )
    await rows(harness, asked_long_ago, asked, service="privacy")
    assert await ask(client, email) in asked, "they all leave at once when the server comes back"
    del smtp.answers[email]
    await settled(harness)
    assert await ask(client, email) in asked
    await later(harness, asked[0], "61 minutes")
    fourth = await ask(client, email)
    assert fourth not in asked
    assert await ask(client, email) == fourth
    await settled(harness)
    assert len(smtp.mails_to(email)) == MAX_CODES + 1


async def test_a_rotated_key_forgets_no_code(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new key comes first and the older one is still read."""
    email, keys = address(), harness.settings["keys"]
    async with harness.serve(PRIVACY), harness.asking() as before:
        asked = [await ask(before, email) for _ in range(MAX_CODES - 1)]
    monkeypatch.setitem(harness.settings, "keys", f"2:{uuid4().hex},{keys}")
    async with harness.serve(PRIVACY), harness.asking() as after:
        asked.append(await ask(after, email))
        assert {await ask(after, email) for _ in range(4)} <= set(asked)
    assert set(asked) <= await ids(harness)


async def guess(client: RequestClient, asked: UUID, code: str) -> int:
    try:
        await client.request(privacy.ConfirmCase(request_id=asked, code=code, token=uuid4().hex))
    except Refused as refused:
        return refused.problem.status
    return 201


async def test_guesses_are_bounded_for_the_mailbox(harness: Harness, client: RequestClient) -> None:
    """Whoever asks again gets no more of them: five for each of three codes an hour, of 100 million each."""
    email, keyring, asked = address(), Keyring("privacy", harness.settings["keys"]), []
    for _ in range(2 * MAX_CODES):
        asked.append(await ask(client, email))
        await settled(harness)
        right = keyring.code(CODE, asked[-1].bytes)
        wrong = f"{(int(right) + 1) % 10**8:08d}"
        assert [await guess(client, asked[-1], code) for code in (*[wrong] * MAX_TRIES, right)] == [422] * 6
    counted = "SELECT sum(tries) AS tries FROM unconfirmed_request WHERE request_id = ANY ($1)"
    assert (await rows(harness, counted, asked, service="privacy"))[0]["tries"] == MAX_CODES * MAX_TRIES


WISHES = [
    ("pl", False, "mają trwać dalej"),
    ("pl", True, "mają się zakończyć"),
    ("en", False, "are to go on"),
    ("en", True, "are to end"),
]


@pytest.mark.parametrize(("language", "terminate", "words"), WISHES)
async def test_the_mail_says_what_was_asked(
    harness: Harness, client: RequestClient, smtp: MailServer, language: str, terminate: bool, words: str
) -> None:
    email = address()
    await ask(client, email, terminate=terminate, language=language)
    await settled(harness)
    (text,) = texts(smtp, [email])
    assert words in text
    assert [other for _, _, other in WISHES if other != words and other in text] == []
