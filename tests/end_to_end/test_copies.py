"""A customer's copy: every part with its reasons, recipients by name, and no erasure before it is over."""

import json
from typing import Any
from uuid import UUID, uuid4

import jsonschema_rs

from shared.clock import today
from shared.contracts import marketing, privacy
from shared.contracts.privacy import PortableCopy
from shared.law.retention import sale
from tests.harness import eventually
from tests.scenario import Customer, Scenario, entry


async def opened(person: Customer, right: str, token: str) -> UUID:
    request = privacy.OpenCase(subject_id=person.id, right=right, language="en", token=token)
    return UUID(str((await person.scenario.ask(request)).id))


async def ready(person: Customer, token: str) -> None:
    async def there() -> bool:
        case = await person.scenario.ask(privacy.ReadCase(token=token))
        return bool(case.state == "ready")

    await eventually(there)


async def fetched(person: Customer, case_id: UUID) -> dict[str, Any]:
    """The JSON of a copy, fragment by fragment."""
    ticket = (await person.scenario.ask(privacy.OpenCopy(subject_id=person.id, case_id=case_id))).ticket
    texts, number = [], 0
    while number is not None:
        asked = privacy.ReadCopyFragment(ticket=ticket, format="json", language="en", number=number)
        fragment = await person.scenario.ask(asked)
        texts.append(fragment.text)
        number = fragment.next
    document: dict[str, Any] = json.loads("".join(texts))
    return document


async def copy_of(person: Customer, right: str) -> dict[str, Any]:
    token = uuid4().hex
    case_id = await opened(person, right, token)
    await ready(person, token)
    return await fetched(person, case_id)


def rows(document: dict[str, Any], service: str, table: str) -> list[dict[str, Any]]:
    parts = [part for part in document["held"] if (part["service"], part["table"]) == (service, table)]
    return [row for part in parts for row in part["rows"]]


async def test_6_and_7_an_access_copy_is_whole_and_names_the_recipients(scenario: Scenario) -> None:
    person = await scenario.customer()
    await scenario.ask(marketing.NoteInterest(subject_id=person.id, topic="seo pro", source="inferred"))
    await scenario.quiet()
    named = "SELECT count(DISTINCT recipient) FROM disclosure WHERE subject_id = $1"

    async def several() -> int:
        """The payment provider and the mail provider: who was told first is not given."""
        count: int = await scenario.rows["privacy"].fetchval(named, person.id)
        return count if count > 1 else 0

    recipients = await eventually(several)
    document = await copy_of(person, "access")
    assert {part["service"] for part in document["held"]} == {"identity", "licensing", "marketing", "privacy"}
    assert all(part["purposes"] and part["retention"] for part in document["held"])
    assert all(purpose["basis"] for part in document["held"] for purpose in part["purposes"])
    (invoice,) = rows(document, "licensing", "invoice")
    assert invoice["retain_until"] == str(sale(today(), declared_in_oss=False).until)
    (interest,) = rows(document, "marketing", "interest")
    assert (interest["topic"], interest["source"]) == ("seo pro", "inferred")
    assert any("interest" in decision["title"].lower() and decision["logic"] for decision in document["decisions"])
    disclosures = rows(document, "privacy", "disclosure")
    assert len({each["recipient"] for each in disclosures}) >= recipients
    assert all(each["disclosed_at"] and each["categories"] for each in disclosures)
    assert [words["text_version"] for words in document["consent_words"]] == ["T-7"]
    assert "newsletter" in document["consent_words"][0]["words"]
    assert document["not_answered"] == []


async def test_9_a_portable_copy_leaves_out_what_law_and_interest_hold_and_changes_nothing(scenario: Scenario) -> None:
    person = await scenario.customer()
    await scenario.ask(marketing.NoteInterest(subject_id=person.id, topic="seo pro"))
    before = await scenario.live_rows(person.id)
    document = await copy_of(person, "portability")
    jsonschema_rs.validate(PortableCopy.model_json_schema(), document)
    there = {f"{part['service']}.{part['table']}" for part in document["held"]}
    assert there == {
        "identity.account",
        "licensing.activation",
        "licensing.license",
        "licensing.payment",
        "licensing.purchase",
        "licensing.purchase_terms",
        "marketing.subscriber",
        "privacy.consent",
    }
    assert set(before) <= set(await scenario.live_rows(person.id))


async def test_an_erasure_waits_for_the_copy_and_leaves_nothing_of_it(scenario: Scenario) -> None:
    person, token = await scenario.customer(), uuid4().hex
    await opened(person, "access", token)
    await person.ask_for_erasure(terminate=True)
    await ready(person, token)
    assert (await person.case()).state == "waiting"
    await scenario.ask(privacy.WithdrawCase(token=token))
    await person.until("closed")
    certificate = await person.certificate()
    assert entry(certificate, "privacy", "copy_chunk")["outcome"] == "nothing_held"
    assert await scenario.live_rows(person.id) == []
    assert await scenario.status(privacy.ReadCase(token=token)) == 200
