"""The signed head of the log: read by who has the key, by nobody's other, and not when a letter of it is changed."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.privacy.evidence.checkpoints import (
    CheckpointSigner,
    Head,
    NotACheckpoint,
    key_hash,
    key_text,
    read,
    read_key,
    verifier_keys,
)
from shared.secrets import Keyring

HEAD = Head(1234, bytes(range(32)))
OLD, NEW = "1:" + "o" * 32, "2:" + "n" * 32


def known(*keys: Ed25519PublicKey) -> dict[bytes, Ed25519PublicKey]:
    return {key_hash(key): key for key in keys}


def test_a_head_is_read_by_the_key_of_whoever_signed_it() -> None:
    signer = CheckpointSigner.of(Keyring("privacy", OLD))
    note = signer.sign(HEAD)
    assert note.split("\n")[:3] == ["lethe/evidence", "1234", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
    assert read(note, known(*verifier_keys(Keyring("privacy", OLD)))) == HEAD
    assert read(note, known(*verifier_keys(Keyring("privacy", f"{NEW},{OLD}")))) == HEAD, "the newer key is known, too"


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("1234", "1235", "does not fit"),
        ("AAEC", "AAED", "does not fit"),
        ("lethe/evidence\n1234", "other/log\n1234", "no checkpoint of this log"),
        ("\n1234\n", "\n-1\n", "no checkpoint of this log"),
        ("\n\n", "\n", "no checkpoint of this log"),
        ("\u2014 lethe/evidence ", "\u2014 lethe/evidence !", "not"),
    ],
)
def test_a_changed_head_does_not_count(before: str, after: str, why: str) -> None:
    keyring = Keyring("privacy", OLD)
    note = CheckpointSigner.of(keyring).sign(HEAD)
    assert before in note
    with pytest.raises(NotACheckpoint, match=why):
        read(note.replace(before, after, 1), known(*verifier_keys(keyring)))


@pytest.mark.parametrize("setting", [NEW, "1:" + "x" * 32], ids=["a retired key", "another system"])
def test_a_head_of_a_key_that_does_not_count_is_refused(setting: str) -> None:
    note = CheckpointSigner.of(Keyring("privacy", OLD)).sign(HEAD)
    with pytest.raises(NotACheckpoint, match="another system's, or its key is retired"):
        read(note, known(*verifier_keys(Keyring("privacy", setting))))


def test_a_key_is_read_as_it_was_written_and_not_otherwise() -> None:
    key = Ed25519PrivateKey.generate().public_key()
    assert read_key(key_text(key)).public_bytes_raw() == key.public_bytes_raw()
    origin, key_id, encoded = key_text(key).split("+", 2)
    for wrong in ("", "x", f"{origin}+00000000+{encoded}", f"other+{key_id}+{encoded}", f"{origin}+{key_id}+!!"):
        with pytest.raises(ValueError, match=r"."):
            read_key(wrong)
