"""One spelling per mailbox, and never one for two."""

import string
from unicodedata import normalize

import idna

ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def one_spelling(address: str) -> str:
    """The address as it is hashed and compared.

    The host is encoded as UTS 46 has it for IDNA 2008 (not transitional: `ß` and `ss` are different hosts). The
    local part is put in NFC and lower-cased in ASCII only: whatever else a server tells apart, we do.
    """
    local, _, host = address.strip().rpartition("@")
    try:
        host = idna.encode(host, uts46=True, transitional=False).decode()
    except idna.IDNAError:  # a host that DNS can't hold is still one spelling of itself
        host = normalize("NFC", host).translate(ASCII_LOWER)
    return f"{normalize('NFC', local).translate(ASCII_LOWER)}@{host}"
