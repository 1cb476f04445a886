"""Checks a license file, or a signed answer, without a network. Needs `cryptography`; explained in ../licenses.md."""

import base64
import hashlib
import json
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ARMOR = r"-----BEGIN LETHE LICENSE-----\r?\n((?:[\w.-]+\r?\n)+)-----END LETHE LICENSE-----(?:\r?\n)?"
TOKEN, LEEWAY_S = r"([\w-]+)\.([\w-]+)\.([\w-]{85}[AQgw])", 300


def check(text: str, keys: dict, key: str, fingerprint: str, nonce: str, newest: float, now: float) -> tuple[str, dict]:
    """The name of the refusal, or "" and what was signed."""
    armored = re.fullmatch(ARMOR, text, re.ASCII)
    token = re.fullmatch(TOKEN, re.sub(r"\r?\n", "", armored[1]) if armored else text, re.ASCII)
    try:
        header, payload, signature = (base64.urlsafe_b64decode(part + "==") for part in token.groups())
        public = {each["kid"]: each["x"] for each in keys["keys"]}.get(json.loads(header)["kid"])
        if public is None:
            return "unknown_key", {}
        signer = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(public + "="))
        signer.verify(signature, token.string.rpartition(".")[0].encode())
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, InvalidSignature):
        return "bad_signature", {}
    said, device = json.loads(payload), hashlib.sha256(f"device|{key}|{fingerprint}".encode()).hexdigest()
    refusals = (
        (said["device"] != device, "other_device"),
        (said["nonce"] != nonce, "old_nonce"),
        (said["code"] != "VALID", said["code"].lower()),
        (now + LEEWAY_S < max(newest, said["issued_at"]), "clock_set_back"),
        (max(now, newest) >= said["usable_until"], "expired"),
    )
    name = next((name for wrong, name in refusals if wrong), "")
    return name, {} if name else said
