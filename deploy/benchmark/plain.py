"""What Lethe's request path is compared with: one FastAPI program with asyncpg, no gateway, no broker.

It runs the very statements that the services run, on their databases, with their rules.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
from fastapi import FastAPI, Header

from services.identity import sessions
from services.identity.accounts import store as accounts
from services.licensing.licenses import validation
from shared.contracts import identity, licensing
from shared.database import Transaction
from shared.purposes import Purpose
from shared.secrets import Keyring

POOL_SIZE = 8
IDLE_S = 86_400.0
KEYRING = Keyring("licensing", f"1:{'b' * 32}")
"""Of no trial: there is none among the licenses of the benchmark."""


@asynccontextmanager
async def pools(program: FastAPI) -> AsyncIterator[None]:
    licenses, people = os.environ["PLAIN_LICENSING_URL"], os.environ["PLAIN_IDENTITY_URL"]
    async with (
        asyncpg.create_pool(licenses, min_size=1, max_size=POOL_SIZE) as program.state.licensing,
        asyncpg.create_pool(people, min_size=1, max_size=POOL_SIZE) as program.state.identity,
    ):
        yield


app = FastAPI(lifespan=pools)


@asynccontextmanager
async def transaction(service: str, purpose: Purpose) -> AsyncIterator[Transaction]:
    async with getattr(app.state, service).acquire() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL lethe.purpose = '{purpose.value}'")
        yield Transaction(connection, service, purpose)


@app.post("/licenses/validate")
async def validate(request: licensing.ValidateLicense) -> licensing.Validation:
    async with transaction("licensing", Purpose.CONTRACT) as tx:
        return await validation.validate(tx, request)


@app.post("/licenses/activate")
async def activate(request: licensing.ActivateLicense) -> licensing.Validation:
    async with transaction("licensing", Purpose.CONTRACT) as tx:
        return await validation.activate(tx, request, KEYRING)


@app.get("/me")
async def me(authorization: Annotated[str, Header()]) -> identity.Profile:
    async with transaction("identity", Purpose.SECURITY) as tx:
        session = await sessions.find(tx, authorization.removeprefix("Bearer "), IDLE_S)
        await sessions.note_use(tx, session)
        await tx.declare(Purpose.RIGHTS)
        return await accounts.profile(tx, session.subject_id)
