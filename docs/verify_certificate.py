"""Checks a certificate of Lethe without Lethe: python verify_certificate.py CERTIFICATE.json KEY

KEY is the vendor's public key of the log, as it is published under /.well-known/lethe-evidence. Needs `cryptography`.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(leaf: bytes, number: int, size: int, path: list[bytes]) -> bytes:
    """The root of the tree that the path leads to (RFC 9162, 2.1.3.2)."""
    last, whole = size - 1, leaf
    for each in path:
        if number % 2 or number == last:
            whole = sha256(b"\1", each, whole)
            while number % 2 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            whole = sha256(b"\1", whole, each)
        number, last = number >> 1, last >> 1
    return whole if last == 0 else b""


def why_not(certificate: dict, key_text: str) -> str:
    """What is not proved; empty when everything is."""
    proof = certificate.pop("evidence")
    document = json.dumps(certificate, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    entry, content = json.loads(proof["entry"]), json.loads(proof["content"])
    if content["document_digest"] != sha256(document).hex():
        return "the certificate is not the one that was entered into the log"
    if entry["digest"] != sha256(bytes.fromhex(proof["key"]), proof["content"].encode()).hex():
        return "the entry of the log is of something else"
    head, _, signature = proof["checkpoint"].partition("\n\n")
    _, size, root = head.split("\n")
    path, leaf = [base64.b64decode(each) for each in proof["path"]], sha256(b"\0", proof["entry"].encode())
    if root_of(leaf, entry["number"], int(size), path) != base64.b64decode(root):
        return "the entry does not stand in the log"
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key_text.split("+", 2)[2])[1:])
    try:
        key.verify(base64.b64decode(signature.split()[-1])[4:], f"{head}\n".encode())
    except InvalidSignature:
        return "the head of the log is not signed with this key"
    return ""


if __name__ == "__main__":
    problem = why_not(json.loads(Path(sys.argv[1]).read_text("utf-8")), sys.argv[2])
    sys.exit(f"not proved: {problem}" if problem else None)
