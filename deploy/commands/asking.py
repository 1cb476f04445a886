"""How a command asks a service, and says in one sentence what is wrong."""

from typing import Any

from pydantic import ValidationError

from deploy.commands import access
from deploy.commands.access import NO_RIGHTS, NOTHING_FOUND, WRONG_USE
from deploy.commands.console import NOT_RUNNING
from shared.contracts.message import Reply, Request
from shared.messaging.request_client import RequestClient
from shared.messaging.sender_accounts import account, may_ask
from shared.problems import Refused, Unavailable

NOT_NOW = 1
CODES = {403: NO_RIGHTS, 404: NOTHING_FOUND, 409: NOT_NOW}
CANNOT_ANSWER = 500

EXIT_CODES = f"0 done, 1 not possible now, {access.EXIT_CODES}"


def ask(contract: type[Request[Reply]], **values: Any) -> Reply:
    """Ask the contract's owner; every refusal ends the command with the exit code of its kind."""
    if not may_ask(account(access.amqp_url()), contract.askers):  # whose question the broker would give to nobody
        raise access.fail("the broker refuses this account: use an operator's", NO_RIGHTS)
    try:
        return access.run(_answer(contract(**values)))
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        raise access.fail(f"{fault['loc'][0]}: {fault['msg']}", WRONG_USE) from None
    except Unavailable as error:
        if isinstance(error.__cause__, access.REFUSED):
            raise access.fail("the broker refuses this account: use an operator's", NO_RIGHTS) from None
        raise access.fail(f"{contract.owner} does not answer: see ./lethe status", NOT_RUNNING) from None
    except Refused as refused:
        raise access.fail(refused.problem.title, _code(refused.problem.status)) from None


def _code(status: int) -> int:
    return NOT_RUNNING if status >= CANNOT_ANSWER else CODES.get(status, WRONG_USE)


async def _answer(request: Request[Reply]) -> Reply:
    client = RequestClient(access.amqp_url(), "lethe", access.patience_s())
    try:
        await client.channel()  # whether there is a broker is told apart from whether the service answers
        return await client.request(request)
    finally:
        await client.close()
