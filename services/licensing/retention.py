"""When licensing's rows end, beside its data map. Children stand before what they hang on."""

from datetime import date

from services.licensing.data_map import DATA_MAP
from services.licensing.invoices import debts
from shared.database import Transaction
from shared.law.retention import policies
from shared.law.retention.claims import LIMITATION, Claim
from shared.personal_data.data_map import RetentionClass
from shared.personal_data.retention.ends import Declared, Ends, Fact, GoesWith, Keeper, Open, Retention

LAST_DAY = Fact("retain_until")
CONTRACT_CLAIMS = LIMITATION[Claim.CONSUMER]
"""The longest of a buyer's: what proves the contract outlives every claim of either side."""
# What was never paid or confirmed has no date of tax law. Its price can be claimed for so long at most.
NEVER_PAID = LIMITATION[Claim.PRICE]
# Once it is paid an invoice is no debt; a correction never was one.
NO_DEBT = "invoice.settled_on IS NOT NULL OR invoice.kind <> 'invoice'"


def hangs_on(table: str, condition: str) -> Keeper:
    """A row of the same sale that is still there; one with a day of its own goes first where that is over."""
    there = f"SELECT FROM {table} AS kept WHERE {condition}"
    foreseen = f"EXISTS ({there} AND kept.retain_until >= $1)" if table in DATED else ""
    return Keeper(f"EXISTS ({there})", f"its {table} is kept", foreseen)


DATED = ("refund", "dispute", "invoice", "payment", "withdrawal", "tax_evidence")
OF_THE_SALE = tuple(
    hangs_on(table, "kept.order_id = purchase.order_id")
    for table in (*DATED, "license", "purchase_buyer", "purchase_origin")
)

DECLARED: tuple[Declared, ...] = (
    GoesWith(
        "activation",
        "license",
        "license_id",
        "a device goes when it is freed and has no file, or with its license",
    ),
    GoesWith("suspension", "license", "license_id", "a cause goes when it is lifted, or with its license"),
    Open(
        "license",
        "as long as the contract lasts, which has no term",
        where="license.state <> 'ended' AND license.expires_at IS NULL",
        review="coalesce(license.review_at, current_date + 1)",
    ),
    Ends(
        "license",
        (Fact("ended_at", CONTRACT_CLAIMS),),
        RetentionClass.CLAIMS,
        of="ended",
        where="license.state = 'ended'",
    ),
    Ends(
        "license",
        (Fact("expires_at", CONTRACT_CLAIMS),),
        RetentionClass.CLAIMS,
        of="run out",
        where="license.state <> 'ended'",
    ),
    Open(
        "ban",
        "until staff lift it, or its person is erased",
        review="(ban.banned_at AT TIME ZONE 'Europe/Warsaw')::date + 365",
    ),
    Ends("sale_look", (Fact("at", policies.PROOF),), RetentionClass.PROOF),
    Ends("refund", (LAST_DAY,), RetentionClass.TAX),
    GoesWith("ksef_invoice", "invoice", "invoice_id", "what KSeF was sent is kept as long as the invoice"),
    Ends("dispute", (LAST_DAY,), RetentionClass.TAX),
    Ends(
        "invoice",
        (LAST_DAY, Fact("due_on", LIMITATION[Claim.BUSINESS], is_day=True, unless=NO_DEBT)),
        RetentionClass.TAX,
        kept_by=(
            hangs_on("invoice", "kept.corrects = invoice.invoice_id"),
            hangs_on("refund", "kept.correction_id = invoice.invoice_id"),
        ),
    ),
    Ends(
        "payment",
        (LAST_DAY,),
        RetentionClass.TAX,
        kept_by=(
            hangs_on("refund", "kept.payment_id = payment.payment_id"),
            hangs_on("dispute", "kept.payment_id = payment.payment_id"),
        ),
    ),
    Ends(
        "payment",
        (Fact("started_at", NEVER_PAID),),
        RetentionClass.CLAIMS,
        of="never confirmed",
        where="payment.retain_until IS NULL",
    ),
    Open(
        "purchase_buyer",
        "until the invoice holds them, or the order ends a week after it was placed",
        review="current_date + 1",
    ),
    GoesWith("purchase_terms", "purchase", "order_id", "what was agreed to is kept as long as the order"),
    Ends("withdrawal", (LAST_DAY,), RetentionClass.CLAIMS),
    Ends("tax_evidence", (LAST_DAY,), RetentionClass.OSS),
    Ends("purchase_origin", (Fact("purge_after"),), RetentionClass.SECURITY),
    Ends("purchase", (LAST_DAY,), RetentionClass.TAX, kept_by=OF_THE_SALE),
    Ends(
        "purchase",
        (Fact("placed_at", NEVER_PAID),),
        RetentionClass.CLAIMS,
        of="never paid",
        where="purchase.retain_until IS NULL AND purchase.state = 'cancelled'",
        kept_by=OF_THE_SALE,
    ),
    Open(
        "purchase",
        "until it is paid, or cancelled a week after it was placed",
        where="purchase.retain_until IS NULL AND purchase.state <> 'cancelled'",
        review="coalesce(purchase.review_at, current_date + 1)",
    ),
)


async def judge(tx: Transaction, day: date) -> None:
    """A debt that can't be enforced any more holds nothing (KC art. 117, 118)."""
    await debts.take_over(tx, day)
    await debts.end(tx, day)


RETENTION = Retention(DATA_MAP, DECLARED, judge)
