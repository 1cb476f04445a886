"""How a command asks a service of the running system, and says in one sentence what is wrong."""

import asyncio
from typing import Any, NoReturn

import typer
from pydantic import ValidationError

from deploy import broker
from deploy.commands.console import NOT_RUNNING
from deploy.local import processes
from deploy.local.folders import STATE
from deploy.local.servers import running_servers
from deploy.local.system import VIRTUAL_HOST
from shared.contracts.message import Reply, Request
from shared.messaging.request_client import RequestClient
from shared.problems import Refused

WRONG_USE, NOT_THERE = 2, 4
NOT_FOUND, CANNOT_ANSWER = 404, 500


def ask(contract: type[Request[Reply]], **values: Any) -> Reply:
    """Ask the contract's owner; every refusal ends the command with the exit code of its kind."""
    try:
        request = contract(**values)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        _fail(f"{fault['loc'][0]}: {fault['msg']}", WRONG_USE)
    if processes.running(STATE, contract.owner) is None:
        _fail(f"{contract.owner} does not run: start the system with ./lethe up", NOT_RUNNING)
    try:
        return asyncio.run(_answer(request))
    except Refused as refused:
        _fail(refused.problem.title, _code(refused.problem.status))


def _code(status: int) -> int:
    if status == NOT_FOUND:
        return NOT_THERE
    return NOT_RUNNING if status >= CANNOT_ANSWER else WRONG_USE


async def _answer(request: Request[Reply]) -> Reply:
    client = RequestClient(broker.in_virtual_host(running_servers(STATE).amqp_url, VIRTUAL_HOST), "lethe")
    try:
        return await client.request(request)
    finally:
        await client.close()


def _fail(sentence: str, code: int) -> NoReturn:
    typer.echo(f"lethe: {sentence}", err=True)
    raise typer.Exit(code)
