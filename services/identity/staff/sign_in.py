"""Proving to be one of the staff: by password, then by a code that is good once."""

from services.identity import audit, sign_in_attempts
from services.identity.passwords import Passwords
from services.identity.staff import rules, store
from services.identity.staff.enrollment import USE
from services.identity.staff.store import StaffAccount
from shared.clock import now
from shared.contracts import identity
from shared.database import Database, Transaction
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.seals import unseal
from shared.secrets import Keyring, digest


def wrong() -> Refused:
    """The one answer for unknown, wrong password and wrong or used code."""
    return refuse(401, "the address, the password or the code is wrong")


async def prove(
    request: identity.SignInStaff, database: Database, keyring: Keyring, passwords: Passwords, deadline: float
) -> StaffAccount:
    """Who signs in, after equal work for unknown addresses. Raises Refused (401, 429, 503); tries count before."""
    async with database.transaction(Purpose.SECURITY) as tx:
        account = await store.of_address(tx, request.email)
        if account:
            await sign_in_attempts.count(tx, sign_in_attempts.Counter("staff", account.staff_id))
    stored = account.password_hash if account else None
    right = await passwords.verify(stored, request.password, deadline)
    async with database.transaction(Purpose.SECURITY) as tx:
        proved = right and account is not None and await _use(tx, keyring, account, request.code)
        if account and not proved:
            await audit.write(tx, account.staff_id, "sign-in failed")
    if not proved or account is None:
        raise wrong()
    return account


async def _use(tx: Transaction, keyring: Keyring, account: StaffAccount, code: str) -> bool:
    """Whether the code is right and was not used before; it is used now."""
    present = await store.locked(tx, account)
    if present is None or present.sealed_secret is None or not present.enrolled:
        return False
    step = rules.used_step(unseal(keyring, USE, present.sealed_secret), code, now(), present.last_step)
    if step is None and not await store.use_code(tx, account.staff_id, digest(code)):
        return False
    await store.use_step(tx, account.staff_id, step or present.last_step)
    return True
