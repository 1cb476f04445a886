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
from services.privacy.copies.rules import is_portable
from services.privacy.register.loading import register
from shared.personal_data.announced_map import announced
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
        "marketing.subscriber",
        "privacy.consent",
    }
