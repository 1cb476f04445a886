"""The proof of a consent is found by address and channel, for the person, for staff, and after an erasure."""

import json
from typing import Any, get_args
from uuid import UUID, uuid4

import jsonschema_rs
import pytest

from deploy.commands.access import NOTHING_FOUND
from deploy.local.folders import PROJECT
from services.privacy.register.loading import load
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.fields import Language
from shared.contracts.privacy import consent_proofs
from shared.purposes import Purpose
from tests.harness import eventually
from tests.notices import publish_draft
from tests.sample.harness import lethe_apart
from tests.scenario import Customer, Scenario

HASHES = "SELECT proof_hash FROM consent WHERE subject_id = $1 AND hash_due_at IS NULL"
REFUSED = 422
RECEIPTS = jsonschema_rs.validator_for(
    json.loads((PROJECT / "docs/schemas/consent-receipt.json").read_text()), validate_formats=True
)


async def proved(scenario: Scenario, address: str) -> list[consent_proofs.ConsentProof]:
    """What an officer finds by an address."""
    return list((await scenario.ask(consent_proofs.ProveConsents(email=address))).proofs)


async def has_place(scenario: Scenario, person: Customer, decisions: int) -> list[consent_proofs.ConsentProof]:
    """Wait until so many decisions are found by the address, each with its number in the log."""

    async def there() -> list[consent_proofs.ConsentProof] | None:
        proofs = await proved(scenario, person.address)
        return proofs if [p.entry is not None for p in proofs] == [True] * decisions else None

    found: list[consent_proofs.ConsentProof] = await eventually(there)
    return found


async def test_an_officer_and_the_person_find_words_time_and_place(scenario: Scenario) -> None:
    await publish_draft(scenario.client)
    person = await scenario.customer()
    await scenario.ask(choice(person, purpose="direct-marketing.phone", text_version="T-3"))
    newsletter, phone = await has_place(scenario, person, 2)
    assert (newsletter.purpose, newsletter.surface, newsletter.method) == (
        Purpose.MARKETING_EMAIL,
        "newsletter",
        "double opt-in",
    )
    assert (phone.given, phone.text_version, phone.language, phone.is_erased) == (True, "T-3", "pl", False)
    assert "newsletter" in newsletter.words
    assert phone.notice_version == 1, "what was shown at the sign-up"
    assert (now() - phone.decided_at).total_seconds() < 600
    own = (await scenario.ask(consent_proofs.ReadOwnProofs(subject_id=person.id))).proofs
    assert list(own) == [newsletter, phone]
    assert len({row["proof_hash"] for row in await scenario.rows["privacy"].fetch(HASHES, person.id)}) == 2
    digest = "SELECT count(*) FROM evidence_entry WHERE number = $1 AND act = 'consent' AND about = $2"
    assert await scenario.rows["privacy"].fetchval(digest, phone.entry, str(phone.consent_id)) == 1


async def test_after_an_erasure_it_is_found_by_the_address_alone(scenario: Scenario) -> None:
    person, stranger = await scenario.customer(), await scenario.customer()
    before = await has_place(scenario, person, 1)
    await has_place(scenario, stranger, 1)
    await person.ask_for_erasure(terminate=True)
    await person.until("closed")
    after = await proved(scenario, person.address)
    assert [p.consent_id for p in after] == [p.consent_id for p in before]
    assert (after[0].is_erased, after[0].entry) == (True, before[0].entry)
    assert after[0].retain_until is not None
    assert await proved(scenario, f"not-{person.address}") == []
    hashes = [r["proof_hash"] for p in (person, stranger) for r in await scenario.rows["privacy"].fetch(HASHES, p.id)]
    assert len(set(hashes)) == len(hashes) == 2, "one channel of two people: two hashes"
    # The proof ends with its day, and the hash with it.
    await scenario.rows["privacy"].execute("DELETE FROM consent WHERE subject_id = $1", person.id)
    assert await proved(scenario, person.address) == []


async def test_it_is_proved_by_a_command(scenario: Scenario) -> None:
    person = await scenario.customer()
    (proof,) = await has_place(scenario, person, 1)
    harness = scenario.harness
    told = json.loads(await lethe_apart(harness, "consent", "prove", "--json", "--email", person.address))
    assert told["proofs"] == [proof.model_dump(mode="json")]
    shown = await lethe_apart(harness, "consent", "prove", answer=f"{person.address}\n")
    assert f"entry {proof.entry}" in shown
    assert "T-7 (pl)" in " ".join(shown.split())
    nobody = ("consent", "prove", "--email", "no@example.com")
    assert await lethe_apart(harness, *nobody, code=NOTHING_FOUND) == "", "the sentence goes to the other stream"


def choice(person: Customer, **changed: Any) -> privacy.ChooseConsent:
    said = {"purpose": "direct-marketing", "given": True, "text_version": "", "surface": "panel", "method": "switch"}
    return privacy.ChooseConsent.model_validate({"subject_id": person.id, **said, **changed})


@pytest.mark.parametrize("words", ["T-99", "Jan Kowalski, ul. Polna 3"])
async def test_no_text_of_a_client_enters_a_proof(scenario: Scenario, words: str) -> None:
    person = await scenario.register_customer()
    assert await scenario.status(choice(person, given=False, text_version=words)) == REFUSED
    assert await scenario.count("privacy", "consent", person.id) == 0


async def receipt_of(scenario: Scenario, person: Customer, consent_id: UUID, language: Language) -> dict[str, Any]:
    asked = consent_proofs.ReadConsentReceipt(subject_id=person.id, consent_id=consent_id, language=language)
    document: dict[str, Any] = json.loads((await scenario.ask(asked)).document)
    return document


@pytest.mark.parametrize("language", get_args(Language))
async def test_a_receipt_has_the_structure_of_the_standard(scenario: Scenario, language: Language) -> None:
    person = await scenario.customer()
    await scenario.ask(choice(person, purpose="direct-marketing.email", given=False))
    given, withdrawn = await has_place(scenario, person, 2)
    first = await receipt_of(scenario, person, given.consent_id, language)
    last = await receipt_of(scenario, person, withdrawn.consent_id, language)
    for document in (first, last):
        RECEIPTS.validate(document)
        assert not RECEIPTS.is_valid(document | {"dct:created": "yesterday"})
    before, after = first["dpv:hasRecordOfActivity"], last["dpv:hasRecordOfActivity"]
    assert [event["@type"] for event in before["dpv:hasConsentStatus"]] == ["dpv:ConsentGiven"]
    assert [event["@type"] for event in after["dpv:hasConsentStatus"]] == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]
    assert before["dpv:hasNotice"][0] | {"@type": ""} == {
        "@type": "",
        "dct:identifier": "T-7",
        "dct:language": "pl",
        "dct:description": given.words,
    }
    assert before["dpv:hasProcess"]["dct:title"] == load().purposes["P10"].title.in_(language)
    assert not [value for value in person.values if value in json.dumps([first, last], ensure_ascii=False)]
    assert given.consent_id != UUID(first["dct:identifier"]), "a receipt is not its record"


async def test_who_never_agreed_has_refused(scenario: Scenario) -> None:
    person = await scenario.register_customer()
    await scenario.ask(choice(person, purpose="direct-marketing.sms", given=False))
    (refused,) = (await scenario.ask(consent_proofs.ReadOwnProofs(subject_id=person.id))).proofs
    document = await receipt_of(scenario, person, refused.consent_id, "en")
    (event,) = document["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"]
    assert event["@type"] == "dpv:ConsentRefused"


async def test_of_what_is_no_own_consent_there_is_no_receipt(scenario: Scenario) -> None:
    person, other = await scenario.customer(), await scenario.register_customer()
    await scenario.ask(choice(person, given=False))
    proofs = (await scenario.ask(consent_proofs.ReadOwnProofs(subject_id=person.id))).proofs
    by_purpose = {proof.purpose: proof.consent_id for proof in proofs}
    for whose, consent_id, status in (
        (person.id, by_purpose[Purpose.MARKETING], 409),
        (other.id, by_purpose[Purpose.MARKETING_EMAIL], 404),
        (person.id, uuid4(), 404),
    ):
        asked = consent_proofs.ReadConsentReceipt(subject_id=whose, consent_id=consent_id)
        assert await scenario.status(asked) == status
