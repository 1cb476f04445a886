"""Sessions, throttling, passwords and profiles on the real servers."""

import asyncio
import json
from math import inf
from typing import Any
from uuid import uuid4

import pytest

from services.identity.addresses import hashes_of
from services.identity.passwords import Passwords
from shared.contracts import identity
from shared.secrets import digest
from tests.harness import eventually
from tests.integration.identity.driver import PASSWORD, Driver, address

NEW_PASSWORD = "staple horse battery"
NO_ID: Any = "nobody"


async def test_a_session_lives_from_sign_in_to_sign_out(driver: Driver) -> None:
    anna = address("anna")
    person = await driver.member(anna)
    token = await driver.signed_in(anna.upper())
    principal = await driver.ask(identity.Authenticate(token=token))
    assert principal.subject_id == person
    assert await driver.value("SELECT token_hash FROM session WHERE subject_id = $1", person) == digest(token)
    assert token not in await driver.everything()
    sessions = await driver.ask(identity.ReadSessions(subject_id=person))
    assert [s.device for s in sessions.sessions] == ["Test"]
    await driver.ask(identity.SignOut(token=token))
    assert (await driver.problem(identity.Authenticate(token=token))).status == 401
    assert (await driver.problem(identity.SignOut(token=token))).status == 401
    log = await driver.ask(identity.ReadActivity(subject_id=person))
    assert [(a.what, a.ip) for a in log.activities][:2] == [("signed out", ""), ("signed in", "203.0.113.9")]


async def test_unknown_unconfirmed_and_wrong_are_one_answer(driver: Driver) -> None:
    member, pending = address("member"), address("pending")
    person = await driver.member(member)
    await driver.register(pending)
    asked = [(member, "wrong horse battery"), (pending, PASSWORD), (address("nobody"), PASSWORD)]
    problems = [await driver.problem(identity.SignIn(email=email, password=word)) for email, word in asked]
    assert problems[0].status == 401
    assert all(problem == problems[0] for problem in problems)

    async def told() -> bool:
        log = await driver.ask(identity.ReadActivity(subject_id=person, limit=1))
        return bool(log.activities[0].what == "sign-in failed")

    await eventually(told)
    await eventually(lambda: driver.value("SELECT count(*) = 0 FROM failed_sign_in"))  # the others come after it


@pytest.mark.usefixtures("long_waits")
async def test_many_tries_have_to_wait_whether_the_address_is_known_or_not_and_never_for_good(driver: Driver) -> None:
    member, nobody = address("member"), address("nobody")
    await driver.member(member)
    for email in (member, nobody):
        wrong = [driver.problem(identity.SignIn(email=email, password="wrong horse")) for _ in range(12)]
        statuses = sorted(p.status for p in await asyncio.gather(*wrong))
        assert statuses == [401] * 5 + [429] * 7
        assert (await driver.problem(identity.SignIn(email=email, password=PASSWORD))).status == 429
    waited = "UPDATE sign_in_attempt SET failures = 1000, next_at = now() WHERE address_hash = $1 RETURNING true"
    for email in (member, nobody):
        assert await driver.value(waited, hashes_of(driver.keyring, email).newest)
    assert (await driver.problem(identity.SignIn(email=nobody, password=PASSWORD))).status == 401
    longest = "SELECT max(next_at) <= now() + interval '15 minutes' FROM sign_in_attempt"
    assert await driver.value(longest)
    assert await driver.signed_in(member)
    tries = "SELECT count(*) FROM sign_in_attempt WHERE address_hash = $1"
    assert [await driver.value(tries, hashes_of(driver.keyring, email).newest) for email in (member, nobody)] == [0, 1]


@pytest.mark.parametrize(
    "aged",
    [
        "UPDATE session SET last_seen_at = now() - interval '25 hours' WHERE subject_id = $1 RETURNING true",
        "UPDATE session SET expires_at = now() - interval '1 second' WHERE subject_id = $1 RETURNING true",
    ],
)
async def test_idle_and_old_sessions_end(driver: Driver, aged: str) -> None:
    anna = address("anna")
    person = await driver.member(anna)
    token = await driver.signed_in(anna)
    assert await driver.value(aged, person)
    assert (await driver.problem(identity.Authenticate(token=token))).status == 401
    assert not (await driver.ask(identity.ReadSessions(subject_id=person))).sessions
    await driver.expire()


async def test_use_is_noted_once_a_minute(driver: Driver) -> None:
    anna = address("anna")
    person = await driver.member(anna)
    token = await driver.signed_in(anna)
    row = "SELECT xmin::text FROM session WHERE subject_id = $1"
    untouched = await driver.value(row, person)
    await driver.ask(identity.Authenticate(token=token))
    assert await driver.value(row, person) == untouched
    await driver.value("UPDATE session SET last_seen_at = now() - interval '2 minutes' RETURNING 1")
    await driver.ask(identity.Authenticate(token=token))
    assert await driver.value(
        "SELECT last_seen_at > now() - interval '1 minute' FROM session WHERE subject_id = $1", person
    )


async def test_proving_again_needs_the_password(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    token = await driver.signed_in(anna)
    before = (await driver.ask(identity.Authenticate(token=token))).authenticated_at
    wrong = await driver.problem(identity.Reauthenticate(token=token, password="wrong horse"))
    assert (wrong.status, [e.field for e in wrong.errors]) == (403, ["password"])
    assert (await driver.ask(identity.Authenticate(token=token))).authenticated_at == before
    await driver.ask(identity.Reauthenticate(token=token, password=PASSWORD))
    assert (await driver.ask(identity.Authenticate(token=token))).authenticated_at > before
    unknown = identity.Reauthenticate(token="x" * 43, password=PASSWORD)
    assert (await driver.problem(unknown)).status == 401


async def test_a_changed_password_ends_other_sessions_and_is_told(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    here, elsewhere = await driver.signed_in(anna), await driver.signed_in(anna)
    change = identity.ChangePassword(token=here, password=PASSWORD, new_password=NEW_PASSWORD)
    refused = await driver.problem(change.model_copy(update={"new_password": "password1234"}))
    assert [e.field for e in refused.errors] == ["new_password"]
    await driver.ask(change)
    await driver.ask(identity.Authenticate(token=here))
    assert (await driver.problem(identity.Authenticate(token=elsewhere))).status == 401
    assert (await driver.problem(identity.SignIn(email=anna, password=PASSWORD))).status == 401
    assert await driver.signed_in(anna, NEW_PASSWORD)
    assert await driver.mails(anna, "Hasło zostało zmienione")


async def test_a_mailed_token_resets_the_password_once(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    session = await driver.signed_in(anna)
    answer = await driver.ask(identity.RequestPasswordReset(email=anna))
    assert answer == await driver.ask(identity.RequestPasswordReset(email=address("nobody")))
    token = (await driver.mails(anna, "Ustawianie nowego"))[0].partition("Kod: ")[2].strip()
    assert token not in await driver.everything()
    await driver.ask(identity.ResetPassword(token=token, password=NEW_PASSWORD))
    assert (await driver.problem(identity.Authenticate(token=session))).status == 401
    again = await driver.problem(identity.ResetPassword(token=token, password=PASSWORD))
    assert (again.status, [e.field for e in again.errors]) == (422, ["token"])
    assert await driver.signed_in(anna, NEW_PASSWORD)


async def test_an_expired_reset_token_is_refused(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    await driver.ask(identity.RequestPasswordReset(email=anna))
    token = (await driver.mails(anna, "Ustawianie nowego"))[0].partition("Kod: ")[2].strip()
    assert await driver.value("UPDATE password_reset SET expires_at = now() RETURNING true")
    assert (await driver.problem(identity.ResetPassword(token=token, password=NEW_PASSWORD))).status == 422
    assert await driver.signed_in(anna)
    await driver.expire()


async def test_a_hash_with_weaker_parameters_is_renewed_at_sign_in(driver: Driver) -> None:
    anna = address("anna")
    person = await driver.member(anna)
    weak = "$argon2id$v=19$m=32,t=1,p=1$"
    stored = await Passwords(driver.identity_settings(argon2_memory_kib=32, argon2_time_cost=1)).hash(PASSWORD, inf)
    assert stored.startswith(weak)
    await driver.value("UPDATE credential SET password_hash = $2 WHERE subject_id = $1 RETURNING 1", person, stored)
    assert await driver.signed_in(anna)
    renewed = await driver.value("SELECT password_hash FROM credential WHERE subject_id = $1", person)
    assert renewed.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert await driver.signed_in(anna)


async def test_a_correction_tells_the_names_of_the_fields_and_no_value(driver: Driver) -> None:
    anna = address("anna")
    person = await driver.member(anna, street="Polna 1")
    async with driver.listening("identity.profile-changed.v1") as heard:
        change = identity.ChangeProfile(subject_id=person, full_name="Anna Maria Nowak", street="Polna 1", phone="")
        profile = await driver.ask(change)
        assert profile.full_name == "Anna Maria Nowak"
        assert await driver.ask(change) == profile
        await driver.ask(identity.ChangeProfile(subject_id=person, street="Leśna 2"))

        await eventually(lambda: len(heard) >= 2)
    assert heard == [
        {"subject_id": str(person), "fields": ["full_name"]},
        {"subject_id": str(person), "fields": ["street"]},
    ]


FIRM = {"company": "Firma Anny", "nip": "9222828810"}


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({}, {"kind": "sole trader", "nip": "922-28-28-810"}, ("sole trader", "", "9222828810")),
        ({}, {"kind": "company"} | FIRM, ("company", "Firma Anny", "9222828810")),
        ({"kind": "company"} | FIRM, {"kind": "person"}, ("person", "", "")),
        (
            {"kind": "sole trader", "nip": "9222828810"},
            {"kind": "company", "company": "Firma"},
            ("company", "Firma", "9222828810"),
        ),
        ({"kind": "company"} | FIRM, {"kind": "sole trader"}, ("sole trader", "Firma Anny", "9222828810")),
        ({"kind": "company"} | FIRM, {"kind": "company", "company": "Inna"}, ("company", "Inna", "9222828810")),
        ({"kind": "person", "company": "Firma"}, {"kind": "person"}, ("person", "Firma", "")),
    ],
)
async def test_a_person_becomes_a_firm_and_a_firm_a_person(
    driver: Driver, before: dict[str, Any], change: dict[str, Any], after: tuple[str, str, str]
) -> None:
    person = await driver.member(address("anna"), **before)
    async with driver.listening("identity.profile-changed.v1") as heard:
        profile = await driver.ask(identity.ChangeProfile(subject_id=person, **change))
        assert (profile.kind, profile.company, profile.nip) == after
        assert profile == await driver.ask(identity.TellBuyer(subject_id=person))
        if before.get("kind", "person") != after[0]:
            await eventually(lambda: bool(heard))
            assert "kind" in heard[0]["fields"]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"kind": "sole trader"}, ["nip"]),
        ({"kind": "company"}, ["company", "nip"]),
        ({"kind": "company", "nip": "9222828810"}, ["company"]),
        ({"kind": "sole trader", "nip": "9222828811"}, ["nip"]),
        ({"kind": "robot"}, ["kind"]),
    ],
)
async def test_a_firm_needs_its_fields_when_it_becomes_one(
    driver: Driver, change: dict[str, Any], fields: list[str]
) -> None:
    person = await driver.member(address("anna"))
    before = await driver.ask(identity.ReadProfile(subject_id=person))
    problem = await driver.problem(identity.ChangeProfile.model_construct(subject_id=person, **change))
    assert (problem.status, [e.field for e in problem.errors]) == (422, fields)
    assert await driver.ask(identity.ReadProfile(subject_id=person)) == before


@pytest.mark.parametrize(
    ("field", "correction"),
    [
        ("full_name", {"full_name": ""}),
        ("full_name", {"full_name": "Anna\x00"}),
        ("street", {"street": "x" * 201}),
        ("country", {"country": "pl"}),
        ("nip", {"nip": "123"}),
        ("company", {"company": ""}),
        ("nip", {"nip": ""}),
        ("nip", {"nip": "0000000000"}),
        ("country", {"country": "ZZ", "vat_number": "DE136695976"}),
        ("vat_number", {"country": "DE"}),
        ("vat_number", {"country": "GR", "vat_number": "DE136695976"}),
    ],
)
async def test_a_bad_correction_names_the_field_and_changes_nothing(
    driver: Driver, field: str, correction: dict[str, Any]
) -> None:
    person = await driver.member(address("firm"), kind="company", company="Firma", nip="9222828810")
    before = await driver.everything()
    problem = await driver.problem(identity.ChangeProfile.model_construct(subject_id=person, **correction))
    assert (problem.status, [e.field for e in problem.errors]) == (422, [field])
    assert await driver.everything() == before


async def test_what_was_stored_before_is_read_and_can_be_corrected(driver: Driver) -> None:
    person = await driver.member(address("old"))
    name, phone = "\u202eAnna\u200b", "+"
    stale = "UPDATE account SET full_name = $2, phone = $3 WHERE subject_id = $1 RETURNING 1"
    assert await driver.value(stale, person, name, phone) == 1
    profile = await driver.ask(identity.ReadProfile(subject_id=person))
    assert (profile.full_name, profile.phone) == (name, phone)
    await driver.ask(identity.TellBuyer(subject_id=person))
    moved = await driver.ask(identity.ChangeProfile(subject_id=person, city="Gdynia"))
    assert (moved.city, moved.full_name) == ("Gdynia", name)


@pytest.mark.parametrize("contract", [identity.ReadProfile, identity.TellAddress, identity.TellBuyer])
async def test_nobody_has_no_profile(driver: Driver, contract: Any) -> None:
    assert (await driver.problem(contract(subject_id=uuid4()))).status == 404


@pytest.mark.parametrize(
    "bad",
    [
        identity.Authenticate.model_construct(token="x" * 201),
        identity.Authenticate.model_construct(token="Robert'); --"),
        identity.SignIn.model_construct(email="anna", password=PASSWORD),
        identity.SignIn.model_construct(email="a@example.com", password="x" * 201),
        identity.SignIn.model_construct(email="a@example.com", password=PASSWORD, ip="not an ip"),
        identity.SignIn.model_construct(email="a@example.com", password=PASSWORD, device="x" * 201),
        identity.ReadActivity.model_construct(subject_id=uuid4(), limit=0),
        identity.RecognizePerson.model_construct(email="@example.com"),
        identity.LinkPersons.model_construct(subject_id=uuid4(), other_id=NO_ID),
        identity.ResetPassword.model_construct(token="x", password="short"),
        identity.ChangePassword.model_construct(token="x", password="", new_password="short"),
        identity.ResendCode.model_construct(email="x" * 400),
        identity.RequestPasswordReset.model_construct(email=""),
    ],
    ids=lambda bad: str(bad.type),
)
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
async def test_a_malformed_request_is_refused_and_changes_nothing(driver: Driver, bad: Any) -> None:
    before = await driver.everything()
    problem = await driver.problem(bad)
    assert problem.status == 422
    assert problem.errors
    assert not added(before, await driver.everything())


def added(before: str, after: str) -> list[Any]:
    """Rows that are new or changed; what ended by its age meanwhile does not count."""
    tables = zip(json.loads(before), json.loads(after), strict=True)
    return [row for rows_before, rows in tables for row in rows if row not in rows_before]
