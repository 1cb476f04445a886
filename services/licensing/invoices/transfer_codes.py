"""What Polish banking apps read from a picture: the "2D code" of the Polish Bank Association (ZBP, 2013)."""

from services.licensing.invoices.rules import Invoice

POLAND = "PL"
LONGEST_NAME, LONGEST_TITLE = 20, 32
MOST_GROSZE = 999_999
"""The amount has six digits at most; above that people type."""
SEPARATOR = "|"


def transfer_code(invoice: Invoice) -> str:
    """NIP, country, account, amount in grosze, name, title and three fields that stay empty; or nothing.

    Only accounts of Polish banks have one. It holds nothing of the buyer.
    """
    account = invoice.bank_account
    if not account.startswith(POLAND) or invoice.gross > MOST_GROSZE:
        return ""
    name, title = (_clean(text) for text in (invoice.seller, invoice.number))
    amount = f"{invoice.gross:06d}"
    fields = (invoice.seller_nip, POLAND, account.removeprefix(POLAND), amount, name[:LONGEST_NAME].strip(), title)
    return SEPARATOR.join((*fields, "", "", ""))


def _clean(text: str) -> str:
    return text.replace(SEPARATOR, " ")[:LONGEST_TITLE]
