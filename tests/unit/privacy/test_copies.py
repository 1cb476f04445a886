"""How a copy is encrypted and what of it goes where: pure."""

from uuid import uuid4

import pytest

from deploy.local import system
from services.privacy.copies.package import (
    DamagedError,
    Place,
    new_key,
    open_chunk,
    open_key,
    seal_chunk,
    seal_key,
)
from services.privacy.copies.rules import (
    MAX_PAGE_BYTES,
    MAX_PAGES,
    Manifest,
    Reached,
    Share,
    check,
    is_portable,
)
from services.privacy.register.loading import register
from shared.clock import now
from shared.contracts.participants import CopiedRows, CopyPage, MappedTable, ReadCopy
from shared.personal_data.announced_map import announced
from shared.problems import Refused
from shared.secrets import Keyring

CASE = uuid4()
KEY = new_key()
HERE = Place(CASE, "identity", 1)
KEYRING = Keyring("privacy", "1:" + "x" * 40)


def test_what_is_written_is_read() -> None:
    sealed = seal_chunk(KEY, HERE, b"Kanarkowska" * 100)
    assert open_chunk(KEY, HERE, sealed) == b"Kanarkowska" * 100
    assert b"Kanarkowska" not in sealed
    assert open_key(KEYRING, seal_key(KEYRING, KEY)) == KEY


@pytest.mark.parametrize("place", [0, 5, 12, 20, -1])
def test_a_changed_byte_is_refused(place: int) -> None:
    sealed = bytearray(seal_chunk(KEY, HERE, b"Kanarkowska"))
    sealed[place] ^= 1
    with pytest.raises(DamagedError):
        open_chunk(KEY, HERE, bytes(sealed))


@pytest.mark.parametrize(
    "elsewhere",
    [Place(CASE, "identity", 2), Place(CASE, "licensing", 1), Place(uuid4(), "identity", 1), Place(CASE, "", 1)],
)
def test_a_chunk_in_anothers_place_is_refused(elsewhere: Place) -> None:
    with pytest.raises(DamagedError):
        open_chunk(KEY, elsewhere, seal_chunk(KEY, HERE, b"Kanarkowska"))


@pytest.mark.parametrize("sealed", [None, b"", b"x", b"x" * 12, b"x" * 40])
def test_what_is_missing_or_no_chunk_is_refused(sealed: bytes | None) -> None:
    with pytest.raises(DamagedError):
        open_chunk(KEY, HERE, sealed)


@pytest.mark.parametrize("sealed", [None, b"", b"x" * 100, seal_key(Keyring("privacy", "1:" + "y" * 40), KEY)])
def test_a_key_that_is_gone_opens_nothing(sealed: bytes | None) -> None:
    with pytest.raises(DamagedError):
        open_key(KEYRING, sealed)


def test_the_same_content_is_never_sealed_alike() -> None:
    assert len({seal_chunk(KEY, HERE, b"x") for _ in range(100)}) == 100


def test_what_is_portable_rests_on_consent_or_contract_and_was_not_made_here() -> None:
    """Law 1.4: profile, orders, keys, activations, consents; no invoices, no security log, no segments."""
    portable = {
        f"{name}.{table.name}"
        for name in system.SERVICES
        for table in announced(system.service(name).data_map)
        if is_portable(register(), table)
    }
    assert portable == {
        "identity.account",
        "licensing.activation",
        "licensing.license",
        "licensing.payment",
        "licensing.purchase",
        "licensing.purchase_buyer",
        "licensing.purchase_terms",
        "licensing.withdrawal",
        "marketing.subscriber",
        "privacy.consent",
    }


NOTE = MappedTable(name="note", category="D10", purposes=("P1",), retention="R-LIVE", kept=False, columns=())
ASKED = ReadCopy(subjects=(CASE,), after="here", limit=2)
BEFORE = Reached(after="here", digest="the hash of another page")


def page(*words: str, after: str = "here", following: str = "there") -> CopyPage:
    rows = tuple({"text": each} for each in words)
    tables = (CopiedRows(table=NOTE, rows=rows),) if rows else ()
    return CopyPage(map_version=1, after=after, next=following, tables=tables)


def test_a_page_says_where_the_next_one_begins() -> None:
    reached = check(ASKED, page("x", "y"), BEFORE, 1)
    assert reached.after == "there"
    assert check(ASKED, page("y", following=""), BEFORE, 1).after == ""


@pytest.mark.parametrize(
    ("spoilt", "number", "reason"),
    [
        (page("x", "y", "z"), 1, "too large"),
        (page("x" * (MAX_PAGE_BYTES + 1)), 1, "too large"),
        (page("x", after="elsewhere"), 1, "out of order"),
        (page("x", following="here"), 1, "twice"),
        (page(), 1, "twice"),
        (page("x"), MAX_PAGES, "out of order"),
    ],
)
def test_a_page_that_can_not_be_does_not_count(spoilt: CopyPage, number: int, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check(ASKED, spoilt, BEFORE, number)


def test_the_same_page_again_does_not_count() -> None:
    reached = check(ASKED, page("x"), BEFORE, 1)
    again = page("x", after="there", following="and so on")
    with pytest.raises(Refused, match="twice"):
        check(ASKED.model_copy(update={"after": "there"}), again, reached, 2)


def test_the_manifest_knows_the_place_of_each_chunk_and_of_no_other() -> None:
    shares = (Share(service="identity", chunks=2, rows=3), Share(service="empty", chunks=0, rows=0))
    manifest = Manifest(
        right="access", made_at=now(), shares=(*shares, shares[0].model_copy(update={"service": "z"})), left=()
    )
    places = [manifest.place(CASE, number) for number in range(manifest.chunks)]
    assert [(each.service, each.number) for each in places] == [("identity", 0), ("identity", 1), ("z", 0), ("z", 1)]
    with pytest.raises(IndexError):
        manifest.place(CASE, manifest.chunks)
