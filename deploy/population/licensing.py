"""Many buyers at once, for demo and measurements: set-based, past the requests, the same each time, numbers gapless."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID

from services.licensing.invoices import rules as invoices
from services.licensing.licenses.keys import ALPHABET, RANDOM_SYMBOLS, device_hash, key_end, key_hash, key_of
from services.licensing.policies.rules import expires_at
from services.licensing.vat.rules import NOTES, Tax, TaxPolicy, tax_of, vat_on
from shared.clock import today
from shared.law.calendar import WARSAW
from shared.law.retention import Retention, sale

PRODUCT, NET, MONTHS = "auditor-year", 39900, 12
DEVICES = ("device-one", "device-two")
TERMS = "2026-01"


@dataclass(frozen=True)
class Buyer:
    """Somebody made up who bought once.

    `keeps_license` tells a license that still runs from one that has expired; `unpaid_order` adds an
    order with a payment under way.
    """

    subject_id: UUID
    full_name: str
    street: str
    postal_code: str
    city: str
    country: str
    nip: str
    keeps_license: bool
    unpaid_order: bool
    ip: str

    @property
    def kind(self) -> str:
        return "sole trader" if self.nip else "person"


def key_of_buyer(subject_id: UUID) -> str:
    digest = sha256(b"population" + subject_id.bytes).digest()
    return key_of("".join(ALPHABET[byte % 32] for byte in digest[:RANDOM_SYMBOLS]))


SUBJECTS = "INSERT INTO subject (subject_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING"
PURCHASES = """
INSERT INTO purchase (order_id, subject_id, product, edition, policy_version, quantity, pay_by, state, country,
  vat_treatment, vat_rate, net, vat, gross, placed_at, paid_at, retain_until, provisions, exemptions)
SELECT id, subject, $12, 'standard', 1, 1, 'card', state,
  country, treatment, rate, $13::bigint, vat, $13::bigint + vat, at,
  CASE WHEN state = 'paid' THEN at + interval '5 minutes' END, retain_until,
  string_to_array(provisions, '|'), string_to_array(exemptions, '|')
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::bigint[], $8::timestamptz[],
  $9::date[], $10::text[], $11::text[])
  AS o (id, subject, state, country, treatment, rate, vat, at, retain_until, provisions, exemptions)
"""
ORIGINS = """
INSERT INTO purchase_origin (order_id, subject_id, ip, observed_at, purge_after)
SELECT o.order_id, o.subject_id, i.ip, o.placed_at, o.placed_at::date + 90
FROM unnest($1::uuid[], $2::inet[]) AS i (order_id, ip) JOIN purchase o USING (order_id)
"""
EVIDENCE = """
INSERT INTO tax_evidence (order_id, subject_id, kind, country, observed_at, retain_until, provisions, exemptions)
SELECT order_id, subject_id, 'billing address', country, placed_at, retain_until, provisions, exemptions
FROM purchase WHERE order_id = ANY ($1) AND vat_treatment = 'oss' AND state = 'paid'
"""
BUYERS = """
INSERT INTO purchase_buyer (order_id, subject_id, name, company, nip, vat_number, street, postal_code, city, language)
SELECT o.order_id, o.subject_id, b.name, '', b.nip, '', b.street, b.postal_code, b.city, 'pl'
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
  AS b (order_id, name, nip, street, postal_code, city) JOIN purchase o USING (order_id)
"""
AGREEMENTS = """
INSERT INTO purchase_terms (order_id, subject_id, terms_version, accepted_at, immediate_delivery_at,
  withdrawal_waived_at, consumer, confirmed_at, begun_at)
SELECT order_id, subject_id, $2, placed_at, placed_at, placed_at, true, paid_at, paid_at
FROM purchase WHERE order_id = ANY ($1)
"""
PAYMENTS = """
INSERT INTO payment (payment_id, subject_id, order_id, provider, reference, amount, state, started_at, confirmed_at,
  retain_until, provisions, exemptions)
SELECT md5('payment' || order_id)::uuid, subject_id, order_id, $2, 'pay_' || md5('reference' || order_id), gross,
  CASE WHEN state = 'paid' THEN 'confirmed' ELSE 'started' END, placed_at, paid_at, retain_until, provisions, exemptions
FROM purchase WHERE order_id = ANY ($1)
"""
INVOICES = """
INSERT INTO invoice (invoice_id, subject_id, order_id, number, kind, issued_on, sold_on, due_on, settled_on,
  buyer_name, buyer_company, buyer_nip, buyer_street, buyer_postal_code, buyer_city, buyer_country,
  item, quantity, net, vat, gross, vat_rate, vat_note, retain_until, provisions, exemptions,
  seller, seller_nip, seller_address, currency)
SELECT md5('invoice' || order_id)::uuid, o.subject_id, order_id, i.number, 'invoice', i.day, i.day, i.day, i.day,
  i.name, '', i.nip, i.street, i.postal_code, i.city, o.country,
  p.name, o.quantity, o.net, o.vat, o.gross, o.vat_rate, i.note, o.retain_until, o.provisions, o.exemptions,
  'Sprzedawca', '9222828810', 'Polna 1, 00-001 Warszawa', 'PLN'
FROM unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
  AS i (order_id, number, day, name, nip, street, postal_code, city, note)
JOIN purchase o USING (order_id) JOIN product p ON (p.code, p.edition) = (o.product, o.edition)
"""
TAKE_NUMBERS = """
INSERT INTO invoice_series (series, year, last) VALUES ($1, $2, $3)
ON CONFLICT (series, year) DO UPDATE SET last = invoice_series.last + excluded.last RETURNING last
"""
LICENSES = """
INSERT INTO license (license_id, subject_id, order_id, product, edition, policy_version, key_hash, key_end, state,
  device_limit, issued_at, expires_at)
SELECT md5('license' || order_id)::uuid, o.subject_id, order_id, o.product, o.edition, o.policy_version, l.hash,
  l.shown, 'active', p.devices, o.paid_at, l.expires_at
FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::timestamptz[]) AS l (order_id, hash, shown, expires_at)
JOIN purchase o USING (order_id)
JOIN policy p ON (p.product, p.edition, p.version) = (o.product, o.edition, o.policy_version)
"""
ACTIVATIONS = """
INSERT INTO activation (subject_id, license_id, device_hash, activated_at, last_seen_at)
SELECT l.subject_id, l.license_id, a.device, l.issued_at, l.issued_at
FROM unnest($1::uuid[], $2::bytea[]) AS a (order_id, device) JOIN license l USING (order_id)
"""


@dataclass(frozen=True)
class _Order:
    """One order of a buyer, with its day."""

    buyer: Buyer
    order_id: UUID
    day: date
    paid: bool
    tax: Tax
    retention: Retention | None

    @property
    def at(self) -> datetime:
        return datetime.combine(self.day, time(12), WARSAW)


async def insert_purchases(connection: Any, people: Sequence[Buyer], provider: str = "PayGate Sandbox S.A.") -> None:
    """Insert a paid order with everything that hangs on it for each buyer, in one transaction."""
    paid = sorted((_paid(buyer) for buyer in people), key=lambda order: (order.day, order.order_id))
    unpaid = [_unpaid(buyer) for buyer in people if buyer.unpaid_order]
    orders = [*paid, *unpaid]
    ids = [order.order_id for order in orders]
    async with connection.transaction():
        await connection.execute("SET LOCAL lethe.purpose = 'upkeep'")
        await connection.execute(SUBJECTS, [buyer.subject_id for buyer in people])
        await connection.execute(PURCHASES, *_purchases(orders), PRODUCT, NET)
        await connection.execute(BUYERS, *_buyers(unpaid))
        await connection.execute(ORIGINS, ids, [order.buyer.ip for order in orders])
        await connection.execute(EVIDENCE, ids)
        await connection.execute(AGREEMENTS, ids, TERMS)
        await connection.execute(PAYMENTS, ids, provider)
        await _licenses(connection, paid)
        await _invoices(connection, paid)


def _order_id(buyer: Buyer, what: str) -> UUID:
    return UUID(bytes=sha256(what.encode() + buyer.subject_id.bytes).digest()[:16], version=4)


def _paid(buyer: Buyer) -> _Order:
    """Within the last nine months when the license runs, within the nine before when it has expired."""
    days_ago = buyer.subject_id.int % 270 + (0 if buyer.keeps_license else 400)
    day = today() - timedelta(days=days_ago)
    tax = _tax(buyer.country, buyer.kind, day)
    return _Order(buyer, _order_id(buyer, "paid"), day, True, tax, _retention(day, tax.treatment == "oss"))


def _unpaid(buyer: Buyer) -> _Order:
    return _Order(buyer, _order_id(buyer, "unpaid"), today(), False, _tax(buyer.country, buyer.kind, today()), None)


@lru_cache
def _tax(country: str, kind: str, day: date) -> Tax:
    return tax_of(TaxPolicy(), country, kind, "", day)


@lru_cache
def _retention(day: date, oss: bool) -> Retention:
    return sale(day, declared_in_oss=oss)


def _purchases(orders: Sequence[_Order]) -> list[list[Any]]:
    return [
        [o.order_id for o in orders],
        [o.buyer.subject_id for o in orders],
        ["paid" if o.paid else "open" for o in orders],
        [o.buyer.country for o in orders],
        [o.tax.treatment for o in orders],
        [o.tax.rate for o in orders],
        [vat_on(NET, o.tax.rate) for o in orders],
        [o.at for o in orders],
        [o.retention and o.retention.until for o in orders],
        [o.retention and "|".join(o.retention.provisions) for o in orders],
        [o.retention and "|".join(o.retention.exemptions) for o in orders],
    ]


def _buyers(unpaid: Sequence[_Order]) -> list[list[Any]]:
    return [
        [o.order_id for o in unpaid],
        [o.buyer.full_name for o in unpaid],
        [o.buyer.nip for o in unpaid],
        [o.buyer.street for o in unpaid],
        [o.buyer.postal_code for o in unpaid],
        [o.buyer.city for o in unpaid],
    ]


async def _licenses(connection: Any, paid: Sequence[_Order]) -> None:
    keys = [key_of_buyer(o.buyer.subject_id) for o in paid]
    ids = [o.order_id for o in paid]
    ends = [expires_at(o.day, MONTHS) for o in paid]
    await connection.execute(LICENSES, ids, [key_hash(key) for key in keys], [key_end(key) for key in keys], ends)
    for device in DEVICES:
        await connection.execute(ACTIVATIONS, ids, [device_hash(key, device) for key in keys])


async def _invoices(connection: Any, paid: Sequence[_Order]) -> None:
    await connection.execute(
        INVOICES,
        [o.order_id for o in paid],
        [number async for number in _numbers(connection, paid)],
        [o.day for o in paid],
        [o.buyer.full_name for o in paid],
        [o.buyer.nip for o in paid],
        [o.buyer.street for o in paid],
        [o.buyer.postal_code for o in paid],
        [o.buyer.city for o in paid],
        [NOTES[o.tax.treatment] for o in paid],
    )


async def _numbers(connection: Any, paid: Sequence[_Order]) -> AsyncIterator[str]:
    """The next numbers of each counter, in the order of the days."""
    for (year, counter), same in groupby((o.day for o in paid), lambda day: (day.year, invoices.counter("FV", day))):
        days = list(same)
        last = await connection.fetchval(TAKE_NUMBERS, counter, year, len(days))
        for count, day in enumerate(days, start=last - len(days) + 1):
            yield invoices.number("FV", day, count)
