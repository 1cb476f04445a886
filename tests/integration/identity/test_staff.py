"""The vendor's staff: invited, enrolled with a second factor, signed in for a working day; each act is written down."""

import json
import re
from typing import Any

import asyncpg
import pytest

from services.identity.sign_in_attempts import FREE_TRIES
from services.identity.staff import rules
from shared.assertions import Verifier
from shared.contracts import identity
from tests.askers import STAFF
from tests.harness import eventually
from tests.integration.identity.driver import Driver, address
from tests.staff import PASSWORD, Colleague, enrolled, invited, signed_in


async def acts(driver: Driver, email: str) -> list[str]:
    """What the audit has of one of the staff, in order."""
    async with driver.harness.superuser("identity") as database:
        sql = "SELECT act FROM audit JOIN staff USING (staff_id) WHERE email = $1 ORDER BY entry"
        return [row["act"] for row in await database.fetch(sql, email)]


def sign_in(colleague: Colleague, code: str, **changed: Any) -> identity.SignInStaff:
    return identity.SignInStaff(**({"email": colleague.email, "password": PASSWORD, "code": code} | changed))


async def test_somebody_is_invited_enrolls_and_signs_in(driver: Driver) -> None:
    colleague = await enrolled(driver.ask, address("ola"), "finance", "support")
    session = await driver.ask(sign_in(colleague, colleague.phone.code()))
    principal = await driver.ask(identity.AuthenticateStaff(token=session.token))
    actor = Verifier.of(driver.harness.settings["assertion_keys"]).actor(principal.assertion)
    assert (actor.id, actor.kind, actor.roles) == (principal.subject_id, "staff", ("finance", "support"))
    assert actor.second_factor
    await driver.ask(identity.SignOutStaff(token=session.token))
    assert (await driver.problem(identity.AuthenticateStaff(token=session.token))).status == 401
    assert await acts(driver, colleague.email) == ["enrolled", "signed in", "signed out"]


async def test_a_code_is_good_once(driver: Driver) -> None:
    """Of the app and of the recovery codes; also the one that confirmed the app."""
    colleague, token = await invited(driver.ask, address("ola"))
    confirming = colleague.phone.code()
    confirmed = await driver.ask(identity.ConfirmFactor(token=token, code=confirming))
    colleague.recovery += confirmed.codes
    assert (await driver.problem(sign_in(colleague, confirming))).status == 401
    colleague.phone.steps_ahead = 1
    code = colleague.phone.code()
    for good in (code, colleague.recovery[0]):
        await driver.ask(sign_in(colleague, good))
        assert (await driver.problem(sign_in(colleague, good))).status == 401
    assert len(set(colleague.recovery)) == rules.RECOVERY_CODES
    assert "sign-in failed" in await acts(driver, colleague.email)


@pytest.mark.usefixtures("long_waits")
async def test_who_is_wrong_learns_nothing_and_waits_after_some_tries(driver: Driver) -> None:
    colleague = await enrolled(driver.ask, address("ola"))
    right = colleague.recovery[0]
    wrong = [sign_in(colleague, "000000"), sign_in(colleague, right, password="another long phrase")]
    unknown = sign_in(colleague, right, email=address("nobody"))
    answers = {(await driver.problem(request)).title for request in (*wrong, unknown)}
    assert answers == {"the address, the password or the code is wrong"}
    for _ in range(FREE_TRIES - len(wrong)):
        assert (await driver.problem(wrong[0])).status == 401
    refused = await driver.problem(sign_in(colleague, right))
    assert (refused.status, bool(refused.retry_after)) == (429, True)


async def test_a_phone_that_is_not_confirmed_opens_nothing(driver: Driver) -> None:
    colleague, token = await invited(driver.ask, address("ola"))
    assert (await driver.problem(sign_in(colleague, colleague.phone.code()))).status == 401
    problem = await driver.problem(identity.ConfirmFactor(token=token, code="000000"))
    assert (problem.status, problem.errors[0].field) == (403, "code")
    await driver.ask(identity.ConfirmFactor(token=token, code=colleague.phone.code()))
    again = identity.ConfirmFactor(token=token, code=colleague.phone.code())
    assert (await driver.problem(again)).status == 404


@pytest.mark.parametrize("age", ["3 days", "1 second"])
async def test_an_invitation_ends(driver: Driver, age: str) -> None:
    """By its age, and when another one follows."""
    email = address("ola")
    old = await driver.ask(identity.InviteStaff(email=email, roles=("support",)))
    if age == "3 days":
        await driver.value("UPDATE staff SET invited_until = now() WHERE email = $1 RETURNING 1", email)
    else:
        await driver.ask(identity.InviteStaff(email=email.upper(), roles=("support",)))
    accept = identity.AcceptInvitation(token=old.token, password=PASSWORD)
    assert (await driver.problem(accept)).status == 404


@pytest.mark.parametrize("password", ["administrator", "ola.own.address@example.com"])
async def test_a_password_that_everybody_guesses_is_refused(driver: Driver, password: str) -> None:
    email = "ola.own.address@example.com"
    invitation = await driver.ask(identity.InviteStaff(email=email, roles=("support",)))
    problem = await driver.problem(identity.AcceptInvitation(token=invitation.token, password=password))
    assert (problem.status, problem.errors[0].field) == (422, "password")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("last_seen_at = now() - interval '29 minutes'", 200),
        ("last_seen_at = now() - interval '30 minutes 1 second'", 401),
        ("created_at = now() - interval '7 hours 59 minutes'", 200),
        ("created_at = now() - interval '8 hours 1 second'", 401),
    ],
)
async def test_a_session_lasts_a_working_day(driver: Driver, how: str, status: int) -> None:
    token = await signed_in(driver.ask, await enrolled(driver.ask, address("ola")))
    change = f"UPDATE staff_session SET {how} WHERE token_hash = sha256($1::text::bytea) RETURNING 1"  # noqa: S608
    assert await driver.value(change, token)
    asked = identity.AuthenticateStaff(token=token)
    if status == 200:
        await driver.ask(asked)
    else:
        assert (await driver.problem(asked)).status == status


@pytest.mark.parametrize("how", ["ended", "invited again"])
async def test_who_leaves_or_is_invited_again_is_signed_out(driver: Driver, how: str) -> None:
    colleague = await enrolled(driver.ask, address("ola"))
    token = await signed_in(driver.ask, colleague)
    end: identity.EndStaff | identity.InviteStaff = (
        identity.EndStaff(email=colleague.email.upper())
        if how == "ended"
        else identity.InviteStaff(email=colleague.email, roles=("support",))
    )
    await driver.ask(end)
    assert (await driver.problem(identity.AuthenticateStaff(token=token))).status == 401
    assert (await driver.problem(sign_in(colleague, colleague.recovery[0]))).status == 401
    listed = {member.email: member.state for member in (await driver.ask(identity.ListStaff())).staff}
    assert listed.get(colleague.email) == (None if how == "ended" else "invited")


async def test_nobody_unknown_leaves_the_staff(driver: Driver) -> None:
    problem = await driver.problem(identity.EndStaff(email=address("nobody")))
    assert (problem.status, problem.errors[0].field) == (404, "email")


@pytest.mark.parametrize("statement", ["UPDATE audit SET act = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
async def test_the_working_role_can_only_add_to_the_audit(driver: Driver, statement: str) -> None:
    app = await asyncpg.connect(driver.harness.databases["identity"].app, timeout=60)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)
    finally:
        await app.close()


@pytest.mark.parametrize(("days_left", "kept"), [(1, 1), (-1, 0)])
async def test_the_audit_ends_after_six_years(driver: Driver, days_left: int, kept: int) -> None:
    sql = (
        "INSERT INTO audit (act, at) VALUES ('old', now() - interval '6 years' + $1 * interval '1 day') RETURNING entry"
    )
    entry = await driver.value(sql, days_left)
    await driver.expire()
    assert await driver.value("SELECT count(*) FROM audit WHERE entry = $1", entry) == kept


async def test_a_secret_lies_sealed(driver: Driver) -> None:
    colleague = await enrolled(driver.ask, address("ola"))
    everything = await driver.everything()
    assert colleague.phone.secret not in everything
    assert not [code for code in colleague.recovery if code in everything]
    assert re.fullmatch(r"[A-Z2-7]{32}", colleague.phone.secret)


async def test_what_staff_do_is_written_down(driver: Driver) -> None:
    """With the act itself: who, what, and the ids that it was about."""
    one, other = await driver.member(address("anna")), await driver.member(address("anna"))
    await driver.ask(identity.LinkPersons(subject_id=one, other_id=other))

    async def written() -> Any:
        return await driver.value(
            "SELECT about FROM audit WHERE act = 'identity.link-persons' AND staff_id = $1", STAFF
        )

    about = json.loads(await eventually(written))
    assert about == {"subject_id": str(one), "other_id": str(other)}
