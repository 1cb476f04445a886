"""Generated residents of the demonstration and the benchmark: Polish names, addresses, NIPs; deterministic."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from faker import Faker
from stdnum.pl import nip as polish_nip

from deploy.population import consents as privacy
from deploy.population import identity, licensing, marketing
from services.identity.subject_ids import minted

CONNECT_TIMEOUT_S = 60
UNPAID, KEEPING, READING, TRADING, FOREIGN = 0.05, 0.10, 0.60, 0.15, 0.05  # shares of the population
FIRST_MS = 1_735_689_600_000  # the first of them came on the first day of 2025
CROWD = 20_000  # at most so many come with one seed before those of the next one do


@dataclass(frozen=True)
class Resident:
    """A generated customer; nobody real."""

    subject_id: UUID
    email: str
    full_name: str
    street: str
    postal_code: str
    city: str
    country: str
    phone: str
    kind: str
    company: str
    nip: str
    ip: str
    keeps_license: bool
    unpaid_order: bool
    reads_newsletter: bool

    @property
    def values(self) -> tuple[str, ...]:
        """What a search for traces of this person looks for; a name alone may be somebody else's too."""
        values = (self.email, self.street, self.phone, self.company, self.nip, self.ip)
        return tuple(value for value in values if value)


def residents(count: int, seed: int) -> list[Resident]:
    """The same people for the same seed. No value is a part of somebody else's, so that a search finds persons."""
    chance = random.Random(seed)  # noqa: S311 a population, no secret
    fake = Faker("pl_PL")
    fake.seed_instance(seed)
    return [_resident(fake, chance, number, seed) for number in range(count)]


def _resident(fake: Faker, chance: random.Random, number: int, seed: int) -> Resident:
    first, last = fake.first_name(), fake.last_name()
    trader = chance.random() < TRADING
    return Resident(
        subject_id=minted(FIRST_MS + seed * CROWD + number, chance.getrandbits(74)),
        email=f"{_latin(first)}.{_latin(last)}.{seed}.{number}@example.com",
        full_name=f"{first} {last}",
        street=f"{fake.street_name()} {chance.randint(1, 200)}/{10_000 + number}",
        postal_code=fake.postcode(),
        city=fake.city(),
        country="DE" if not trader and chance.random() < FOREIGN else "PL",
        phone=f"+48 {chance.randint(500, 899)} {number // 1000:03d} {number % 1000:03d}",
        kind="sole trader" if trader else "person",
        company=f"{last} Usługi {10_000 + number}" if trader else "",
        nip=_nip(chance) if trader else "",
        ip="2001:db8:" + ":".join(f"{chance.randint(0x1000, 0xFFFF):x}" for _ in range(6)),
        keeps_license=chance.random() < KEEPING,
        unpaid_order=chance.random() < UNPAID,
        reads_newsletter=chance.random() < READING,
    )


def _nip(chance: random.Random) -> str:
    """A number that the checksum accepts (weights of the NIP, modulo 11)."""
    while True:
        digits = f"{chance.randint(101_000_000, 998_999_999)}"
        check = sum(w * int(d) for w, d in zip((6, 5, 7, 2, 3, 4, 5, 6, 7), digits, strict=True)) % 11
        if check < 10 and polish_nip.is_valid(digits + str(check)):  # noqa: PLR2004 ten has no digit
            return digits + str(check)


def _latin(name: str) -> str:
    return name.lower().translate(str.maketrans("ąćęłńóśźż", "acelnoszz")).replace(" ", "-")


@contextlib.asynccontextmanager
async def superuser(admin_url: str, names: Sequence[str]) -> AsyncIterator[dict[str, asyncpg.Connection]]:
    """A connection to each database that row-level security does not bind."""
    base = admin_url.rpartition("/")[0]
    opened = {name: await asyncpg.connect(f"{base}/{name}", timeout=CONNECT_TIMEOUT_S) for name in names}
    try:
        yield opened
    finally:
        for connection in opened.values():
            await connection.close()


async def insert_all(connections: Mapping[str, asyncpg.Connection], people: Sequence[Resident]) -> None:
    """Give everybody an account, purchases, consents and, for some, the newsletter: set-based."""
    await asyncio.gather(
        identity.insert_people(connections["identity"], [_account(p) for p in people]),
        licensing.insert_purchases(connections["licensing"], [buyer(p) for p in people]),
        marketing.insert_audience(connections["marketing"], [_reader(p) for p in people]),
        privacy.insert_consents(connections["privacy"], [p.subject_id for p in people]),
    )


def _account(p: Resident) -> identity.Person:
    return identity.Person(
        subject_id=p.subject_id,
        email=p.email,
        full_name=p.full_name,
        street=p.street,
        postal_code=p.postal_code,
        city=p.city,
        phone=p.phone,
        kind=p.kind,
        company=p.company,
        nip=p.nip,
    )


def buyer(p: Resident) -> licensing.Buyer:
    return licensing.Buyer(
        subject_id=p.subject_id,
        full_name=p.company or p.full_name,
        street=p.street,
        postal_code=p.postal_code,
        city=p.city,
        country=p.country,
        nip=p.nip,
        keeps_license=p.keeps_license,
        unpaid_order=p.unpaid_order,
        ip=p.ip,
    )


def _reader(p: Resident) -> marketing.Reader:
    return marketing.Reader(subject_id=p.subject_id, email=p.email, full_name=p.full_name, allows=p.reads_newsletter)
