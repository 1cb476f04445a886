"""Licenses and devices on the real servers, and a made-up population of buyers."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from deploy.local.servers import Servers
from deploy.population.licensing import Buyer, insert_purchases, key_of_buyer
from services.licensing.jobs import due_dates
from services.licensing.licenses.keys import device_hash, key_hash
from shared.clock import now, today
from shared.contracts import licensing
from shared.contracts.licensing import ActivateLicense, DeactivateLicense, ValidateLicense
from shared.problems import Refused
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver, all_of
from tests.verifiers import Case, by_node, by_python

RESTRICT = "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, '*', false, 1)"
HOLD = """
INSERT INTO hold (hold_id, subject_id, scope, version, review_at, provisions, exemptions)
VALUES (gen_random_uuid(), $1, '{*}', 1, current_date + 1, '{x}', '{y}')
"""
RELEASE = "DELETE FROM hold WHERE subject_id = $1"
DEACTIVATED_AGO = """
UPDATE license SET deactivated_at = ARRAY(SELECT now() - ago FROM unnest($2::interval[]) AS ago) WHERE subject_id = $1
"""
EXPIRE = "UPDATE license SET expires_at = $2 WHERE subject_id = $1"


@pytest.fixture(scope="module")
async def driver(servers: Servers) -> AsyncIterator[Driver]:
    """Of its own: what is counted here is all there is."""
    async with drivers.opened(servers) as opened:
        yield opened


async def bought(driver: Driver) -> tuple[UUID, UUID, str]:
    """Somebody with a license for three devices: person, license, key."""
    person = await driver.person()
    await driver.buy(person)
    (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    return person, held.license_id, await driver.key(person)


async def test_fifty_activations_at_once_on_three_seats_are_three(driver: Driver) -> None:
    person, _, key = await bought(driver)
    answers = await all_of(*(driver.ask(ActivateLicense(key=key, fingerprint=f"device-{n:03}")) for n in range(50)))
    assert Counter(answer.code for answer in answers) == {"VALID": 3, "TOO_MANY_DEVICES": 47}
    assert await driver.count("activation", person) == 3


async def test_an_activation_is_repeated_freed_and_used_again(driver: Driver) -> None:
    person, license_id, key = await bought(driver)
    typed = key.lower().replace("-", " ")
    for fingerprint in ("laptop-1", "laptop-1", "laptop-2", "laptop-3"):
        assert (await driver.ask(ActivateLicense(key=typed, fingerprint=fingerprint))).valid
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-4"))).code == "TOO_MANY_DEVICES"
    for _ in range(2):
        await driver.ask(DeactivateLicense(key=key, fingerprint="laptop-1"))
    validation = await driver.ask(ActivateLicense(key=key, fingerprint="laptop-4"))
    assert (validation.devices, validation.device_limit, validation.product) == (3, 3, "auditor-year")
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).code == "NOT_ACTIVATED"
    (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    lost = licensing.DeactivateDevice(
        subject_id=person, license_id=license_id, activation_id=held.devices[0].activation_id
    )
    assert [await driver.status(lost), await driver.status(lost)] == [200, 404]
    stored = await driver.rows.fetchval(
        "SELECT string_agg(a::text, '') FROM activation a WHERE subject_id = $1", person
    )
    assert "laptop" not in stored


async def test_a_license_that_counts_on_devices_is_never_valid_without_one(driver: Driver) -> None:
    seats: dict[str, Any] = {"code": "on-devices", "name": "On devices", "net": 1000, "device_limit": 2, "months": 1}
    await driver.ask(licensing.PutProduct(**seats, fingerprint_required=True))
    person = await driver.person()
    await driver.buy(person, product="on-devices")
    await driver.ask(licensing.PutProduct(**seats))
    key = await driver.key(person)

    async def judged(**device: str) -> tuple[str, str]:
        answer = await driver.ask(ValidateLicense(key=key, **device))
        return answer.code, answer.missing

    assert await judged() == ("NOT_ACTIVATED", "fingerprint")
    assert await judged(fingerprint="laptop-1") == ("NOT_ACTIVATED", "")
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1"))).valid
    assert await judged(fingerprint="laptop-1") == ("VALID", "")
    (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    carried = licensing.IssueOfflineFile(
        subject_id=person, license_id=held.license_id, request=request_text(key, "laptop-2")
    )
    assert (await driver.ask(carried)).code == "VALID"
    later = await driver.person()
    await driver.buy(later, product="on-devices")
    assert (await driver.ask(ValidateLicense(key=await driver.key(later)))).valid


async def test_a_key_gives_seats_back_so_often_in_30_days_and_its_owner_without_a_limit(driver: Driver) -> None:
    terms: dict[str, Any] = {"code": "two-hops", "name": "Two hops", "net": 1000, "device_limit": 1, "months": 1}
    await driver.ask(licensing.PutProduct(**terms, max_deactivations=2))
    person = await driver.person()
    await driver.buy(person, product="two-hops")
    await driver.ask(licensing.PutProduct(**terms))
    key = await driver.key(person)

    async def hop(device: str) -> int:
        assert (await driver.ask(ActivateLicense(key=key, fingerprint=device))).valid
        return await driver.status(DeactivateLicense(key=key, fingerprint=device))

    assert [await hop("laptop-1"), await hop("laptop-2")] == [200, 200]
    assert await driver.status(DeactivateLicense(key=key, fingerprint="laptop-1")) == 200  # it holds no seat
    assert await hop("laptop-3") == 409
    tries = [driver.status(DeactivateLicense(key=key, fingerprint="laptop-3")) for _ in range(2)]
    assert await all_of(*tries) == [409, 409]
    (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    (device,) = held.devices
    owner = licensing.DeactivateDevice(
        subject_id=person, license_id=held.license_id, activation_id=device.activation_id
    )
    assert await driver.status(owner) == 200
    assert await driver.count("license", person, "cardinality(deactivated_at) = 2") == 1
    await driver.rows.execute(DEACTIVATED_AGO, person, [timedelta(days=30), timedelta(days=29)])
    for place, let_go in ((RESTRICT, "DELETE FROM permission WHERE subject_id = $1"), (HOLD, RELEASE)):
        await driver.rows.execute(place, person)
        await due_dates.step(driver.resources.database)
        assert await driver.count("license", person, "cardinality(deactivated_at) = 2") == 1
        await driver.rows.execute(let_go, person)
    assert [await hop("laptop-4"), await hop("laptop-5")] == [200, 409]
    await due_dates.step(driver.resources.database)
    assert await driver.count("license", person, "cardinality(deactivated_at) = 2") == 1
    unlimited = await driver.person()
    await driver.buy(unlimited, product="two-hops")
    key = await driver.key(unlimited)
    assert [await hop("laptop-1") for _ in range(3)] == [200] * 3
    assert await driver.count("license", unlimited, "deactivated_at = '{}'") == 1


async def test_a_holder_knows_devices_by_their_labels(driver: Driver) -> None:
    person, _, key = await bought(driver)

    async def labels() -> list[str]:
        (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
        return [device.label for device in held.devices]

    for fingerprint, label in (
        ("laptop-1", " Laptop Ani "),
        ("laptop-2", ""),
        ("laptop-3", "serwer"),
        ("laptop-3", ""),
    ):
        await driver.ask(ActivateLicense(key=key, fingerprint=fingerprint, label=label))
    assert await labels() == ["Laptop Ani", "", "serwer"]
    await driver.ask(ActivateLicense(key=key, fingerprint="laptop-2", label="ż" * 60))
    assert await labels() == ["Laptop Ani", "ż" * 60, "serwer"]
    await driver.ask(ActivateLicense(key=key, fingerprint="laptop-4", label="one too many"))
    assert await labels() == ["Laptop Ani", "ż" * 60, "serwer"]


async def test_validation_names_the_reason(driver: Driver) -> None:
    person, license_id, key = await bought(driver)

    async def code(**asked: str) -> str:
        return str((await driver.ask(ValidateLicense(**({"key": key} | asked)))).code)

    assert await code() == "VALID"
    assert await code(product="studio-year") == "PRODUCT_MISMATCH"
    assert await code(key="LTH-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA") == "NOT_FOUND"
    assert await code(key=key_of_buyer(uuid4())) == "NOT_FOUND"
    await driver.ask(licensing.SuspendLicense(license_id=license_id))
    assert await code() == "SUSPENDED"
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1"))).code == "SUSPENDED"
    await driver.ask(licensing.SuspendLicense(license_id=license_id, suspended=False))
    await driver.rows.execute(EXPIRE, person, now() - timedelta(hours=1))
    assert await code() == "VALID"
    (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    assert held.state == "expired"
    await driver.rows.execute(EXPIRE, person, now() - timedelta(hours=25))
    assert await code() == "EXPIRED"
    for _ in range(2):
        await driver.ask(licensing.EndLicense(subject_id=person, license_id=license_id))
    assert await code() == "ENDED"
    assert await driver.status(licensing.RevealLicense(subject_id=person, license_id=license_id)) == 409
    assert await driver.status(licensing.SuspendLicense(license_id=license_id)) == 409


async def test_a_leaked_key_is_replaced_and_the_contract_goes_on(driver: Driver) -> None:
    person, license_id, key = await bought(driver)
    await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1"))
    fresh = (await driver.ask(licensing.RotateLicense(subject_id=person, license_id=license_id))).key
    assert (await driver.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    assert await driver.key(person) == fresh
    validation = await driver.ask(ValidateLicense(key=fresh))
    assert (validation.code, validation.devices) == ("VALID", 0)


async def test_a_stranger_reaches_nobody_elses_license(driver: Driver) -> None:
    _, license_id, key = await bought(driver)
    stranger = await driver.person()
    for request in (
        licensing.RevealLicense(subject_id=stranger, license_id=license_id),
        licensing.RotateLicense(subject_id=stranger, license_id=license_id),
        licensing.EndLicense(subject_id=stranger, license_id=license_id),
        licensing.DeactivateDevice(subject_id=stranger, license_id=license_id, activation_id=uuid4()),
        licensing.IssueOfflineFile(subject_id=stranger, license_id=license_id, request=request_text(key, "laptop-1")),
    ):
        assert await driver.status(request) == 404
    assert (await driver.ask(ValidateLicense(key=key))).valid


async def test_notices_of_debt_go_out_once(driver: Driver) -> None:
    debtor = await driver.person(kind="company")
    await driver.order(debtor, pay_by="transfer")
    for days in (2, 2, 7):
        overdue = "UPDATE invoice SET due_on = $2 WHERE subject_id = $1"
        await driver.rows.execute(overdue, debtor, today() - timedelta(days=days))
        await due_dates.step(driver.resources.database)
    assert await driver.rows.fetchval("SELECT reminders FROM invoice WHERE subject_id = $1", debtor) == 2


async def test_a_population_of_buyers(driver: Driver) -> None:
    people = [
        Buyer(
            subject_id=UUID(int=(n << 64) + n * 7919),
            full_name=f"Osoba {n}",
            street=f"Polna {n}",
            postal_code="00-001",
            city="Łódź",
            country=("PL", "DE", "FR")[n % 3],
            nip="9222828810" if n % 15 == 0 else "",
            keeps_license=n % 2 == 0,
            unpaid_order=n % 4 == 0,
            ip="203.0.113.7",
        )
        for n in range(1, 2001)
    ]
    await insert_purchases(driver.rows, people)
    numbers = await driver.rows.fetch("SELECT number FROM invoice WHERE kind = 'invoice'")
    for year in {row["number"].split("/")[1] for row in numbers}:
        counts = sorted(int(r["number"].rpartition("/")[2]) for r in numbers if r["number"].split("/")[1] == year)
        assert counts == list(range(1, len(counts) + 1))
    runs, expired = people[3], people[4]
    assert (runs.keeps_license, expired.keeps_license) == (True, False)
    assert await driver.counts(runs.subject_id) == {
        "activation": 2,
        "license": 1,
        "invoice": 1,
        "payment": 2,
        "purchase_buyer": 1,
        "purchase_terms": 2,
        "purchase_origin": 2,
        "purchase": 2,
        "tax_evidence": 1,
    }
    validation = await driver.ask(ValidateLicense(key=key_of_buyer(runs.subject_id), fingerprint="device-one"))
    assert (validation.code, validation.devices) == ("VALID", 2)
    assert (await driver.ask(ValidateLicense(key=key_of_buyer(expired.subject_id)))).code == "EXPIRED"
    last = max(numbers, key=lambda row: row["number"])["number"]
    await driver.buy(await driver.person())
    newest = await driver.rows.fetchval("SELECT number FROM invoice ORDER BY number DESC LIMIT 1")
    assert int(newest.rpartition("/")[2]) == int(last.rpartition("/")[2]) + 1


def request_text(key: str, fingerprint: str) -> str:
    """What the program on a device without a network writes."""
    return f"lethe-request.1.{key_hash(key).hex()}.{device_hash(key, fingerprint).hex()}.n-1"


async def verified(driver: Driver, text: str, key: str, nonce: str) -> dict[str, Any]:
    """What a statement says on the device `laptop-1`, by both verifiers."""
    published = (await driver.ask(licensing.ReadLicenseKeys())).model_dump()
    cases: list[Case] = [(text, published, key, "laptop-1", nonce, 0, now().timestamp())]
    python, node = by_python(cases) + by_node(cases)
    assert python == node
    assert python[0] == ""
    return python[1]


async def test_a_device_works_on_with_an_answer_and_a_file(driver: Driver) -> None:
    person, license_id, key = await bought(driver)
    device = {"key": key.lower(), "fingerprint": "laptop-1"}
    refused = await driver.ask(licensing.CheckOutLicense(**device))
    assert (refused.code, refused.file) == ("NOT_ACTIVATED", "")
    assert (await driver.ask(ActivateLicense(**device))).signed == ""
    again = await driver.ask(ActivateLicense(**device, nonce="n-0"))
    assert (await verified(driver, again.signed, key, "n-0"))["code"] == "VALID"
    assert (await driver.ask(ValidateLicense(**device))).signed == ""
    answer = await driver.ask(ValidateLicense(**device, nonce="n-1"))
    assert (await verified(driver, answer.signed, key, "n-1"))["product"] == "auditor-year"
    await driver.rows.execute(EXPIRE, person, now() + timedelta(days=9))
    issued = await driver.ask(licensing.CheckOutLicense(**device, nonce="n-2"))
    said = await verified(driver, issued.file, key, "n-2")
    assert said["usable_until"] == int(issued.usable_until.timestamp()) == said["license_ends"] + 86_400
    await driver.ask(licensing.SuspendLicense(license_id=license_id))
    refused = await driver.ask(licensing.CheckOutLicense(**device))
    assert (refused.code, refused.file) == ("SUSPENDED", "")
    assert (await driver.ask(licensing.CheckOutLicense(key=key_of_buyer(uuid4()), fingerprint="laptop-1"))).file == ""


async def test_a_refusal_is_signed_for_its_moment_alone(driver: Driver) -> None:
    _, license_id, key = await bought(driver)
    await driver.ask(licensing.SuspendLicense(license_id=license_id))
    published = (await driver.ask(licensing.ReadLicenseKeys())).model_dump()
    for typed, code in ((key, "suspended"), (key_of_buyer(uuid4()), "not_found"), ("no key", "other_device")):
        answer = await driver.ask(ValidateLicense(key=typed, fingerprint="laptop-1", nonce="n-1"))
        case: Case = (answer.signed, published, typed, "laptop-1", "n-1", 0, now().timestamp())
        assert by_python([case])[0][0] == code
        said = jwt.decode(answer.signed, options={"verify_signature": False})
        assert said["fresh_until"] == said["usable_until"] == said["issued_at"]


async def test_files_are_not_passed_on_from_device_to_device(driver: Driver) -> None:
    """One seat, and one file to spare for the device that broke."""
    person = await driver.person()
    await driver.buy(person, product="auditor-month")
    key = await driver.key(person)

    async def file_on(fingerprint: str) -> str:
        assert (await driver.ask(ActivateLicense(key=key, fingerprint=fingerprint))).valid
        return str((await driver.ask(licensing.CheckOutLicense(key=key, fingerprint=fingerprint))).code)

    async def free(fingerprint: str) -> None:
        await driver.ask(DeactivateLicense(key=key, fingerprint=fingerprint))
        assert (await driver.ask(ValidateLicense(key=key, fingerprint=fingerprint))).code == "NOT_ACTIVATED"
        assert (await driver.ask(ValidateLicense(key=key))).devices == 0

    for fingerprint, code in (("a" * 8, "VALID"), ("b" * 8, "VALID"), ("c" * 8, "TOO_MANY_DEVICES")):
        assert await file_on(fingerprint) == code
        (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
        assert [device.leased_until is None for device in held.devices] == [code != "VALID"]
        await free(fingerprint)
    carried = licensing.IssueOfflineFile(
        subject_id=person, license_id=held.license_id, request=request_text(key, "d" * 8)
    )
    assert await driver.status(carried) == 409
    assert await driver.count("activation", person) == 2
    assert await file_on("a" * 8) == "VALID"
    lost = licensing.DeactivateDevice(
        subject_id=person,
        license_id=held.license_id,
        activation_id=await driver.rows.fetchval(
            "SELECT activation_id FROM activation WHERE subject_id = $1 AND freed_at IS NULL", person
        ),
    )
    assert [await driver.status(lost), await driver.status(lost)] == [200, 404]
    key = (await driver.ask(licensing.RotateLicense(subject_id=person, license_id=held.license_id))).key
    assert await file_on("a" * 8) == "TOO_MANY_DEVICES"
    await driver.rows.execute("UPDATE activation SET leased_until = now() WHERE subject_id = $1", person)
    assert await file_on("a" * 8) == "VALID"
    for place, let_go in ((RESTRICT, "DELETE FROM permission WHERE subject_id = $1"), (HOLD, RELEASE)):
        await driver.rows.execute(place, person)
        await due_dates.step(driver.resources.database)
        assert await driver.count("activation", person) == 3
        await driver.rows.execute(let_go, person)
    await due_dates.step(driver.resources.database)
    assert await driver.count("activation", person, "freed_at IS NULL") == await driver.count("activation", person) == 1


async def test_a_device_without_a_network_gets_its_file_by_its_owner(driver: Driver) -> None:
    person, license_id, key = await bought(driver)
    ask = {"subject_id": person, "license_id": license_id}
    for _ in range(2):
        issued = await driver.ask(licensing.IssueOfflineFile(**ask, request=request_text(key, "laptop-1")))
    assert (await verified(driver, issued.file, key, "n-1"))["code"] == "VALID"
    assert await driver.count("activation", person) == 1
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).valid
    for name in ("laptop-2", "laptop-3"):
        await driver.ask(licensing.IssueOfflineFile(**ask, request=request_text(key, name)))
    again = await driver.ask(licensing.IssueOfflineFile(**ask, request=request_text(key, "laptop-1")))
    assert again.code == "VALID"  # every seat is taken, one of them by this device
    one_more = licensing.IssueOfflineFile(**ask, request=request_text(key, "laptop-4"))
    assert await driver.status(one_more) == 409
    assert await driver.count("activation", person) == 3
    _, _, others = await bought(driver)
    for text in ("lethe-request.1.", request_text(others, "laptop-1"), request_text(key_of_buyer(uuid4()), "laptop-1")):
        with pytest.raises(Refused) as refused:
            await driver.ask(licensing.IssueOfflineFile(**ask, request=text))
        assert [error.field for error in refused.value.problem.errors] == ["request"]
    await driver.ask(licensing.EndLicense(subject_id=person, license_id=license_id))
    assert await driver.status(licensing.IssueOfflineFile(**ask, request=request_text(key, "laptop-1"))) == 409
