"""The main job from end to end: people come, buy, read, go, and what is left of them is what the law keeps."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from asyncpg import Record
from prometheus_client import REGISTRY

from shared.clock import now, today
from shared.contracts import identity, licensing, marketing, privacy
from shared.law.case_clock import day_of_receipt
from tests.end_to_end.telling import disclosed, tell
from tests.harness import eventually
from tests.scenario import EIGHT_DIGITS, PASSWORD, SERVICES, Customer, Scenario, at_once, entry

OF_A_SALE = {"invoice", "payment", "purchase", "purchase_terms"}
"""What tax law keeps, and what proves the contract while claims run."""
PROOFS = {"privacy_case", "consent", "disclosure", "recipient_notice"}
RUNNING = {"license", "activation"}


async def test_the_main_job(scenario: Scenario) -> None:
    person = await scenario.customer()
    certificate = await person.erase(terminate=True)
    assert certificate["outcome"] == "partial refusal"
    assert certificate["subjects"] == [str(person.id)]
    assert {k["table"] for k in certificate["kept"]} == OF_A_SALE | PROOFS
    assert all(k["retain_until"] > today().isoformat() and k["provision"] for k in certificate["kept"])
    for table in ("account", "credential", "confirmed_address", "activity"):
        assert entry(certificate, "identity", table)["outcome"] == "purged"
    for table in RUNNING | {"purchase_origin"}:
        assert entry(certificate, "licensing", table)["outcome"] == "purged"
    assert entry(certificate, "marketing", "subscriber")["outcome"] == "purged"
    assert await scenario.live_rows(person.id) == []
    assert (await person.validate("laptop-0001")).code == "NOT_FOUND"
    assert await scenario.status(identity.SignIn(email=person.address, password=PASSWORD)) == 401
    for request in (
        identity.ReadProfile(subject_id=person.id),
        licensing.ListLicenses(subject_id=person.id),
        licensing.PlaceOrder(
            subject_id=person.id, product="auditor-year", ip="", terms_version="1", accepts_terms=True
        ),
        marketing.NoteInterest(subject_id=person.id, topic="seo"),
        privacy.ReadConsents(subject_id=person.id),
    ):
        assert await scenario.status(request) == 410, request.type


async def test_every_table_of_every_data_map_is_in_the_certificate(scenario: Scenario) -> None:
    """The other half, that a report without one of them is refused, is in test_certificate.py."""
    person = await scenario.register_customer()
    certificate = await person.erase(terminate=True)
    reported = {(p["service"], t["table"]) for p in certificate["participants"] for t in p["tables"]}
    assert reported == {(s.name, t.name) for s in SERVICES for t in s.data_map.everything}
    assert all(set(t["categories"]) for p in certificate["participants"] for t in p["tables"])


async def test_a_person_who_keeps_the_license(scenario: Scenario) -> None:
    person = await scenario.customer()
    certificate = await person.erase(terminate=False)
    for table in RUNNING:
        kept = entry(certificate, "licensing", table)
        assert kept["outcome"] == "refused", table
        assert kept["review_at"] > today().isoformat(), table
        assert "Art. 6(1)(b)" in kept["provision"], table
        assert "Art. 17(1)(a)" in kept["exception"], table
    assert entry(certificate, "licensing", "license", "sealed_key")["outcome"] == "purged"
    assert entry(certificate, "licensing", "purchase_origin")["outcome"] == "purged"
    assert certificate["outcome"] == "partial refusal"
    assert {k["table"] for k in certificate["kept"]} == OF_A_SALE | PROOFS | RUNNING
    refusal = certificate["refusal"]
    assert refusal["complaint_to"] == {
        "name": "Prezes Urzędu Ochrony Danych Osobowych",
        "address": "ul. Stanisława Moniuszki 1A, 00-014 Warszawa",
        "website": "uodo.gov.pl",
    }
    assert "sąd okręgowy" in refusal["court"]
    assert refusal["sent_on"] == day_of_receipt(datetime.fromisoformat(certificate["closed_at"])).isoformat()
    assert await scenario.live_rows(person.id) == []
    assert (await person.validate("laptop-0001")).code == "VALID"
    assert (await person.activate("laptop-0002")).code == "VALID"
    assert (await person.validate("laptop-0002")).devices == 2


async def test_an_unpaid_order_is_cancelled(scenario: Scenario) -> None:
    person = await scenario.register_customer()
    payment = await person.start_payment(await person.order())
    late = await person.provider_says("payment.confirmed")
    await eventually(lambda: scenario.count("privacy", "disclosure", person.id))
    certificate = await person.erase(terminate=False)
    for table in ("purchase", "payment", "purchase_terms", "purchase_origin"):
        assert entry(certificate, "licensing", table)["outcome"] == "purged", table
    assert {k["table"] for k in certificate["kept"]} == {"privacy_case", "disclosure", "recipient_notice"}
    await at_once(*(scenario.ask(late) for _ in range(3)))
    sent_back = "SELECT sent_back_at FROM void_payment WHERE reference = $1"
    await eventually(lambda: scenario.rows["licensing"].fetchval(sent_back, payment.reference))
    assert (
        sum([await scenario.count("licensing", table, person.id) for table in ("purchase", "payment", "license")]) == 0
    )


@pytest.fixture
def cooling_off(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario.resources["privacy"].settings, "cooling_off_s", 3600.0)


@pytest.mark.usefixtures("cooling_off")
@pytest.mark.parametrize("by", ["token", "member"])
async def test_a_request_is_withdrawn_during_cooling_off(scenario: Scenario, by: str) -> None:
    person, other = await scenario.register_customer(), await scenario.register_customer()
    asked_at = now()
    case_id = await person.ask_for_erasure(terminate=True)
    await other.ask_for_erasure(terminate=True)
    await scenario.rows["privacy"].execute("UPDATE privacy_case SET run_at = now() WHERE subject_id = $1", other.id)
    await other.until("closed")
    assert asked_at + timedelta(hours=1) <= (await person.case()).runs_at
    again = privacy.OpenCase(subject_id=person.id, right="erasure", token="another token, please")
    assert await scenario.status(again) == 409
    withdraw = (
        privacy.WithdrawCase(token=person.token)
        if by == "token"
        else privacy.WithdrawOwnCase(subject_id=person.id, case_id=case_id)
    )
    strangers = privacy.WithdrawOwnCase(subject_id=uuid4(), case_id=case_id)
    assert await scenario.status(strangers) == 404
    await scenario.ask(withdraw)
    assert (await person.case()).state == "withdrawn"
    assert await scenario.status(withdraw) == 200, "repeating it changes nothing"
    assert "nic nie usunęliśmy" in (await scenario.letters(person.address, "wycofane"))[-1]
    sealed = "SELECT sealed_address IS NULL FROM privacy_case WHERE case_id = $1"
    await eventually(lambda: scenario.rows["privacy"].fetchval(sealed, case_id))
    profile = await scenario.ask(identity.ReadProfile(subject_id=person.id))
    assert profile.email == person.address
    await person.ask_for_erasure(terminate=True)
    assert (await person.case()).state == "waiting", "a person may ask again"


async def test_an_address_is_enough_with_a_mailed_code(scenario: Scenario) -> None:
    person = await scenario.customer()
    asked = await scenario.ask(privacy.RequestCase(email=person.address.upper(), terminate_contract=True))
    code = await scenario.mailed(person.address, EIGHT_DIGITS, 2)
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    token = uuid4().hex
    for guess in (wrong, wrong):
        bad = privacy.ConfirmCase(request_id=asked.id, code=guess, token=token)
        assert await scenario.status(bad) == 422
    await scenario.ask(privacy.ConfirmCase(request_id=asked.id, code=code, token=token))
    assert await scenario.status(privacy.ConfirmCase(request_id=asked.id, code=code, token=uuid4().hex)) == 422
    person.token = token
    await person.until("closed")
    assert (await person.certificate())["subjects"] == [str(person.id)]
    assert await scenario.live_rows(person.id) == []
    assert await scenario.rows["privacy"].fetchval("SELECT count(*) FROM unconfirmed_request") == 0


async def test_progress_is_visible_and_an_ordered_case_cannot_be_withdrawn(scenario: Scenario) -> None:
    person = await scenario.customer()
    async with scenario.harness.superuser("marketing") as busy, busy.transaction():
        await busy.execute("SELECT FROM subject WHERE subject_id = $1 FOR UPDATE", person.id)
        await person.ask_for_erasure(terminate=True)

        async def only_marketing_is_missing() -> bool:
            answered = {p.service: p.answered for p in (await person.case()).progress}
            return answered == {"identity": True, "licensing": True, "marketing": False, "privacy": False}

        await eventually(only_marketing_is_missing)
        assert (await person.case()).state == "ordered"
        assert await scenario.status(privacy.ReadCertificate(token=person.token)) == 409
        assert await scenario.status(privacy.WithdrawCase(token=person.token)) == 409
        assert await scenario.count("privacy", "subject", person.id, "live") == 1, "privacy purges last"
    case = await person.until("closed")
    assert all(p.answered and not p.failed for p in case.progress)


async def test_the_disclosure_log_names_the_recipients_and_is_kept(scenario: Scenario) -> None:
    person = await scenario.customer()
    await scenario.letters(person.address, "licencja jest gotowa")
    await person.erase(terminate=True)

    async def noted() -> list[Record]:
        rows = await scenario.rows["privacy"].fetch("SELECT * FROM disclosure WHERE subject_id = $1", person.id)
        return rows if {row["told_by"] for row in rows} >= {"licensing", "identity"} else []

    rows = await eventually(noted)
    by = {row["told_by"]: row["recipient"] for row in rows}
    assert by["licensing"] == scenario.resources["licensing"].settings.payment_provider
    assert by["identity"] == scenario.resources["identity"].settings.mail_provider
    assert all(not row["live"] and row["retain_until"] and row["provisions"] for row in rows)
    await tell(scenario, "identity", disclosed(person, now()))
    late = "SELECT count(*) FROM disclosure WHERE subject_id = $1 AND recipient = 'Poczta' AND NOT live"
    await eventually(lambda: has(scenario, late, person, 1))


@pytest.mark.parametrize("second_id", [False, True])
async def test_a_recipient_whose_disclosure_arrives_late_is_told(scenario: Scenario, second_id: bool) -> None:
    """It was given what was erased; who was given something afterwards was given what the law keeps."""
    person, other = await scenario.register_customer(), await scenario.register_customer()
    await scenario.ask(identity.LinkPersons(subject_id=person.id, other_id=other.id))
    linked = "SELECT count(*) = 2 FROM subject_link WHERE subject_id = ANY ($1)"
    await eventually(lambda: scenario.rows["privacy"].fetchval(linked, [person.id, other.id]))
    await person.erase(terminate=True)
    closed_at = (await person.case()).closed_at
    assert closed_at is not None
    before, after = closed_at - timedelta(seconds=1), closed_at + timedelta(seconds=1)
    about = other if second_id else person
    await tell(scenario, "identity", disclosed(about, after, "Later"), disclosed(about, before, "Overtaken"))

    async def told() -> set[str]:
        names = {each.recipient for each in (await person.case()).recipients}
        return names if "Overtaken" in names else set()

    assert "Later" not in await eventually(told)
    kept = "SELECT NOT live AND retain_until IS NOT NULL FROM recipient_notice WHERE recipient = 'Overtaken'"
    assert await scenario.rows["privacy"].fetchval(f"{kept} AND subject_id = $1", about.id)


async def has(scenario: Scenario, count: str, person: Customer, wanted: int, service: str = "privacy") -> bool:
    return bool(await scenario.rows[service].fetchval(count, person.id) == wanted)


async def test_the_sealed_address_goes_with_the_last_letter_and_not_before(scenario: Scenario) -> None:
    person = await scenario.register_customer()
    scenario.smtp.answers[person.address] = "451 try again later"
    case_id = await person.ask_for_erasure(terminate=True)
    await person.until("closed")
    waiting = "SELECT letter = 'outcome' AND sealed_address IS NOT NULL FROM privacy_case WHERE case_id = $1"
    gone = "SELECT letter IS NULL AND sealed_address IS NULL FROM privacy_case WHERE case_id = $1"
    tried = "SELECT letter = 'outcome' AND letter_tries > 0 FROM privacy_case WHERE case_id = $1"
    await eventually(lambda: scenario.rows["privacy"].fetchval(tried, case_id))
    assert await scenario.rows["privacy"].fetchval(waiting, case_id)
    del scenario.smtp.answers[person.address]
    await eventually(lambda: scenario.rows["privacy"].fetchval(gone, case_id))
    letter = (await scenario.letters(person.address, "Wynik żądania"))[-1]
    assert str(case_id) in letter
    assert "Moniuszki 1A" in letter


async def test_undeliverable_letters_do_not_hold_up_those_of_others(scenario: Scenario) -> None:
    refused = [await scenario.register_customer() for _ in range(21)]
    for person in refused:
        scenario.smtp.answers[person.address] = "451 try again later"
    await asyncio.gather(*(person.ask_for_erasure(terminate=True) for person in refused))
    lucky = await scenario.register_customer()
    await lucky.erase(terminate=True)
    assert await scenario.letters(lucky.address, "Wynik żądania")
    for person in refused:
        del scenario.smtp.answers[person.address]


async def test_undeliverable_codes_do_not_hold_up_those_of_others(scenario: Scenario) -> None:
    deaf = [f"deaf.{number}.{uuid4().hex}@example.com" for number in range(21)]
    for address in deaf:
        scenario.smtp.answers[address] = "451 try again later"
        await scenario.ask(privacy.RequestCase(email=address))
    hearing = f"hearing.{uuid4().hex}@example.com"
    await scenario.ask(privacy.RequestCase(email=hearing))
    assert await scenario.mailed(hearing, EIGHT_DIGITS)
    for address in deaf:
        del scenario.smtp.answers[address]
    codes = {await scenario.mailed(address, EIGHT_DIGITS) for address in deaf}
    assert len(codes) > 1


async def test_who_comes_back_is_somebody_new(scenario: Scenario) -> None:
    """Identity forgets the hash of the address with the person; nothing of the old account rules the new one."""
    person = await scenario.customer()
    first = person.id
    await person.erase(terminate=True)
    await person.register("Wisława Przybysławska")
    assert person.id != first
    assert await person.allowed("direct-marketing.email") is None, "the old consent does not rule the new account"
    assert (await scenario.ask(licensing.ListLicenses(subject_id=person.id))).licenses == ()
    assert (await scenario.ask(privacy.ReadCases(subject_id=person.id))).cases == ()
    await person.subscribe()
    await person.erase(terminate=True)
    assert await scenario.live_rows(person.id) == []


async def test_one_case_erases_a_person_under_both_ids(scenario: Scenario) -> None:
    one, other = await scenario.customer(), await scenario.customer()
    await scenario.ask(identity.LinkPersons(subject_id=one.id, other_id=other.id))
    linked = "SELECT count(DISTINCT person) = 1 AND count(*) = 2 FROM subject_link WHERE subject_id = ANY ($1)"
    await eventually(lambda: scenario.rows["privacy"].fetchval(linked, [one.id, other.id]))
    certificate = await one.erase(terminate=True)
    assert certificate["subjects"] == sorted([str(one.id), str(other.id)])
    for person in (one, other):
        assert await scenario.live_rows(person.id) == []
        assert (await person.validate()).code == "NOT_FOUND"
    invoices = [t for p in certificate["participants"] for t in p["tables"] if t["table"] == "invoice"]
    assert [t["outcome"] for t in invoices] == ["retained", "retained"]


@pytest.mark.usefixtures("cooling_off")
@pytest.mark.parametrize("second", [True, False])
async def test_two_cases_of_one_linked_person_both_close(scenario: Scenario, second: bool) -> None:
    one, other = await scenario.customer(), await scenario.customer()
    await scenario.ask(identity.LinkPersons(subject_id=one.id, other_id=other.id))
    linked = "SELECT count(*) = 2 FROM subject_link WHERE subject_id = ANY ($1)"
    ids = [one.id, other.id]
    await eventually(lambda: scenario.rows["privacy"].fetchval(linked, ids))
    await one.ask_for_erasure(terminate=True)
    await other.ask_for_erasure(terminate=second)
    # due at one instant, so that they leave in one order
    await scenario.rows["privacy"].execute("UPDATE privacy_case SET run_at = now() WHERE subject_id = ANY ($1)", ids)
    for person in (one, other):
        await person.until("closed")
        certificate = await person.certificate()
        assert set(certificate["subjects"]) == {str(one.id), str(other.id)}
        assert {k["table"] for k in certificate["kept"]} == OF_A_SALE | PROOFS
        assert await scenario.live_rows(person.id) == []
        assert (await person.validate()).code == "NOT_FOUND"
    orders = "SELECT count(DISTINCT order_id) FROM privacy_case WHERE subject_id = ANY ($1)"
    assert await scenario.rows["privacy"].fetchval(orders, ids) == 1


async def test_late_facts_about_an_erased_person(scenario: Scenario) -> None:
    person = await scenario.customer()
    refund = await person.provider_says("refund.made")
    await person.erase(terminate=True)
    dropped = received("erased")
    license_id, order_id = uuid4(), uuid4()
    await tell(
        scenario,
        "licensing",
        licensing.LicenseIssued(subject_id=person.id, license_id=license_id, order_id=order_id),
        identity.ServiceMailDue(subject_id=person.id, template="license-issued", facts={"license_id": str(license_id)}),
    )
    await tell(
        scenario,
        "marketing",
        marketing.Subscribed(subject_id=person.id, text_version="T-7", language="pl", decided_at=now()),
    )
    await tell(scenario, "identity", identity.ProfileChanged(subject_id=person.id, fields=("email",)))
    allowed = privacy.PermissionChanged(
        subject_id=person.id, purpose="direct-marketing.email", allowed=True, version=10**9
    )
    await tell(scenario, "privacy", allowed)
    # one for identity's mail, one for privacy's ledger, one for the profile, three for the permission
    await eventually(lambda: at_least(dropped + 6))
    await at_once(*(scenario.ask(refund) for _ in range(3)))
    assert await scenario.live_rows(person.id) == []
    assert await scenario.count("licensing", "refund", person.id, "NOT live AND provisions IS NOT NULL") == 1
    assert await scenario.count("licensing", "invoice", person.id, "kind = 'correction' AND NOT live") == 1
    assert await scenario.count("identity", "service_mail", person.id) == 0
    assert await scenario.count("marketing", "permission", person.id) == 0


async def at_least(count: int) -> bool:
    return received("erased") >= count


def received(standing: str) -> int:
    """How many messages in this process found a person so."""
    samples = [s for m in REGISTRY.collect() if m.name == "lethe_messages_received" for s in m.samples]
    return int(sum(s.value for s in samples if s.name.endswith("_total") and s.labels["standing"] == standing))


async def test_a_withdrawn_consent_stays_withdrawn(scenario: Scenario) -> None:
    person = await scenario.customer()
    version = "SELECT version FROM permission WHERE subject_id = $1 AND purpose = 'direct-marketing.email'"
    consent_version = await scenario.rows["marketing"].fetchval(version, person.id)
    withdrawal = privacy.ChooseConsent(
        subject_id=person.id,
        purpose="direct-marketing.email",
        given=False,
        text_version="T-7",
        surface="account",
        method="switch",
    )
    before = now()
    await scenario.ask(withdrawal)

    async def withdrawn() -> bool:
        return await person.allowed("direct-marketing.email") is False

    await eventually(withdrawn)
    stale = marketing.Subscribed(subject_id=person.id, text_version="T-7", language="pl", decided_at=before)
    await tell(scenario, "marketing", stale)
    old = privacy.PermissionChanged(
        subject_id=person.id, purpose="direct-marketing.email", allowed=True, version=consent_version
    )
    await tell(scenario, "privacy", old)
    noted = "SELECT count(*) FROM consent WHERE subject_id = $1"
    await eventually(lambda: has(scenario, noted, person, 3))
    await scenario.quiet()
    await marker(scenario, person)
    assert [await person.allowed("direct-marketing.email", service) for service in scenario.rows] == [False] * 4
    certificate = await person.erase(terminate=True)
    assert entry(certificate, "privacy", "consent")["outcome"] == "retained"
    assert entry(certificate, "privacy", "consent")["rows"] == 4


async def marker(scenario: Scenario, person: Customer) -> None:
    """Wait until every replica has taken a later ruling: what was published before it has been handled."""
    objection = privacy.ChooseConsent(
        subject_id=person.id, purpose="statistics", given=False, text_version="", surface="account", method="switch"
    )
    await scenario.ask(objection)

    async def everywhere() -> bool:
        return all([await person.allowed("statistics", service) is False for service in scenario.rows])

    await eventually(everywhere)
