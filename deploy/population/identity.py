"""Many people at once, for measuring: set-based, past the requests, by a role that row security does not bind."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from services.identity.addresses import hashes_of
from shared.secrets import Keyring

ROWS_A_PERSON = 7


@dataclass(frozen=True)
class Person:
    """Somebody made up."""

    subject_id: UUID
    email: str
    full_name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "PL"
    phone: str = ""
    kind: str = "person"
    company: str = ""
    nip: str = ""


SUBJECTS = "INSERT INTO subject (subject_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING"
ACCOUNTS = """
INSERT INTO account (subject_id, email, full_name, street, postal_code, city, country, phone, kind, company, nip)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
  $9::text[], $10::text[], $11::text[])
"""
ADDRESSES = """
INSERT INTO confirmed_address (subject_id, address_hash) SELECT * FROM unnest($1::uuid[], $2::bytea[])
"""
# Nobody signs in as a made-up person: the hash fits no password.
CREDENTIALS = """
INSERT INTO credential (subject_id, password_hash)
SELECT id, '$argon2id$v=19$m=19456,t=2,p=1$' || encode(substr(sha256(uuid_send(id)), 1, 16), 'base64')
  || '$' || encode(sha256(uuid_send(id)), 'base64') FROM unnest($1::uuid[]) id
"""
SESSIONS = """
INSERT INTO session (session_id, subject_id, token_hash, expires_at, device)
SELECT gen_random_uuid(), id, sha256(uuid_send(gen_random_uuid())), now() + interval '30 days', 'Firefox on Linux'
FROM unnest($1::uuid[]) id
"""
ACTIVITIES = """
INSERT INTO activity (subject_id, what, ip, at)
SELECT id, what, '198.51.100.7', now() - ago FROM unnest($1::uuid[]) id,
  (VALUES ('account confirmed', interval '9 days'), ('signed in', interval '2 days')) AS happened (what, ago)
"""
MAILS = """
INSERT INTO service_mail (mail_id, subject_id, template, facts, sent_at)
SELECT gen_random_uuid(), id, 'license-issued', '{"amount": "49.00 PLN"}', now() FROM unnest($1::uuid[]) id
"""


async def insert_people(connection: Any, people: Sequence[Person], keyring: Keyring | None = None) -> None:
    """Insert people with seven rows each, in one transaction.

    Without the keys of the running service they are not recognized by their addresses.
    """
    keyring = keyring or Keyring("identity", f"1:{secrets.token_urlsafe(32)}")
    ids = [person.subject_id for person in people]
    async with connection.transaction():
        await connection.execute("SET LOCAL lethe.purpose = 'upkeep'")
        await connection.execute(SUBJECTS, ids)
        await connection.execute(ACCOUNTS, *_columns(people))
        await connection.execute(ADDRESSES, ids, [hashes_of(keyring, person.email).newest for person in people])
        for statement in (CREDENTIALS, SESSIONS, ACTIVITIES, MAILS):
            await connection.execute(statement, ids)


def _columns(people: Sequence[Person]) -> list[list[Any]]:
    return [[getattr(person, column.name) for person in people] for column in fields(Person)]
