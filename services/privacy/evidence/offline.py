"""Checking a certificate with nothing but its file and the public keys of the log."""

import base64
import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, ValidationError

from services.privacy.evidence import checkpoints, tree
from services.privacy.evidence.certificates import canonical

Part = TypeVar("Part", bound=BaseModel)


class NotProved(Exception):
    """What of a certificate is not proved, in a sentence."""


class _Proof(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    entry: str
    content: str
    key: str
    path: list[str]
    checkpoint: str


class _Entry(BaseModel):
    number: int
    act: str
    at: datetime
    digest: str


class _Object(BaseModel):
    value: dict[str, Any]


def entered_at(certificate: dict[str, Any], keys: Collection[Ed25519PublicKey]) -> datetime:
    """When the log took this very certificate. Raises NotProved."""
    proof = _part(_Proof, certificate.get("evidence"))
    entry = _part(_Entry, _parsed(proof.entry))
    document = canonical({name: value for name, value in certificate.items() if name != "evidence"})
    if _parsed(proof.content).get("document_digest") != hashlib.sha256(document).hexdigest():
        raise NotProved("the certificate is not the one that was entered into the log: something in it was changed")
    if hashlib.sha256(_unhex(proof.key) + proof.content.encode()).hexdigest() != entry.digest:
        raise NotProved("the entry of the log is of something else")
    _require_place(proof, entry, keys)
    return entry.at


def _require_place(proof: _Proof, entry: _Entry, keys: Collection[Ed25519PublicKey]) -> None:
    try:
        head = checkpoints.read(proof.checkpoint, {checkpoints.key_hash(key): key for key in keys})
        path = [base64.b64decode(each, validate=True) for each in proof.path]
    except ValueError as error:
        raise NotProved(f"the head of the log does not count: {error}") from None
    leaf = tree.leaf_hash(proof.entry.encode())
    if not tree.includes(head.root, head.size, entry.number, leaf, path):
        raise NotProved("the entry does not stand in the log")


def _part(model: type[Part], value: Any) -> Part:
    try:
        return model.model_validate(value)
    except ValidationError:
        raise NotProved("it has no proof that is whole: ask for the certificate again") from None


def _parsed(text: str) -> dict[str, Any]:
    try:
        return _part(_Object, {"value": json.loads(text)}).value
    except ValueError:
        raise NotProved("its proof is no JSON: the file is damaged") from None


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotProved("its key is not hexadecimal: the file is damaged") from None
