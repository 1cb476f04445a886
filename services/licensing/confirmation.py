"""The letter that confirms a contract on a durable medium (Dir. 2011/83 Art. 8(7)): the key is shown only after it."""

from services.licensing import catalogue
from services.licensing.agreements import store
from services.licensing.agreements.rules import Agreement
from services.licensing.invoices.rules import Seller
from services.licensing.money import amount_text
from services.licensing.orders.rules import Order
from services.licensing.terms.editions import Edition, Editions, named
from shared.clock import now
from shared.contracts import identity
from shared.database import Transaction
from shared.law.calendar import WARSAW

TEMPLATE = "contract-concluded"


async def ask(tx: Transaction, order: Order, seller: Seller, editions: Editions) -> None:
    """Have the contract of a consumer confirmed; it counts once identity says that the letter was handed over."""
    agreement = await store.lock(tx, order.order_id)
    if not agreement.consumer:
        return
    await store.note_asked(tx, order.order_id, now())
    item, edition = await catalogue.name_of(tx, order.policy), named(editions, agreement.terms_version)
    facts = _sold(order, item, seller) | _agreed(agreement, edition)
    tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template=TEMPLATE, facts=facts))


def _sold(order: Order, item: str, seller: Seller) -> dict[str, str]:
    return {
        "order_id": str(order.order_id),
        "ordered_on": f"{order.placed_at.astimezone(WARSAW):%Y-%m-%d %H:%M %Z}",
        "seller": f"{seller.name}, {seller.address}, NIP {seller.nip}",
        "product": f"{order.quantity} × {item}",
        "gross": amount_text(order.gross),
    }


def _agreed(agreement: Agreement, edition: Edition) -> dict[str, str]:
    """The words themselves: a link can be made to say something else later (C-49/11)."""
    return {
        "terms_version": edition.version,
        "terms_sha256": agreement.terms_sha256,
        "terms_pl": edition.text_pl,
        "terms_en": edition.text_en,
    }
