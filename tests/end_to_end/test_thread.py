"""The thinnest thread: one erasure from privacy to identity and back on the real servers."""

from uuid import uuid4

from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import now
from shared.contracts import privacy
from shared.personal_data.purposes import Purpose
from tests.house import House, eventually


async def test_an_erasure_reaches_identity_and_comes_back(house: House) -> None:
    person = uuid4()
    async with house.serve(PRIVACY, IDENTITY) as kits, house.asking() as client:
        async with kits["identity"].database.transaction(Purpose.UPKEEP) as tx:
            await tx.run("INSERT INTO subject VALUES ($1)", person)
            await tx.run("INSERT INTO account VALUES ($1, 'a@example.com', 'Anna Nowak')", person)
        token = "t" * 32
        await client.ask(privacy.OpenCase(subject_id=person, right="erasure", authenticated_at=now(), token=token))

        async def closed() -> bool:
            case = await client.ask(privacy.ReadCase(token=token))
            return bool(case.state == "closed")

        await eventually(closed)
    async with house.superuser("identity") as database:
        assert await database.fetchval("SELECT count(*) FROM account") == 0
        assert await database.fetchval("SELECT live FROM subject WHERE subject_id = $1", person) is False
