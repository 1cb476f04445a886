"""The secrets of an installation: made once, kept apart from the databases, each process given its own."""

from pathlib import Path
from secrets import token_urlsafe

from cryptography.fernet import Fernet

from deploy.local.folders import remember, remembered
from shared.assertions import Signer, new_signing_key
from shared.contracts.message import GATEWAY
from shared.secrets import LEGACY

PASSWORDS = "passwords"
BACKUP = "LETHE_BACKUP_KEY"
IDENTITY = "identity"
SIGNING = "LETHE_IDENTITY_ASSERTION_SIGNING_KEY"
VERIFYING = "LETHE_ASSERTION_KEYS"
KEYED = ("privacy", "identity", "licensing", "marketing", "gateway")
# From before there were key ids: with them a service still reads what it wrote then.
EARLIER = {
    "identity": "LETHE_IDENTITY_ADDRESS_KEY",
    "marketing": "LETHE_MARKETING_SUPPRESSION_KEY",
    "privacy": "LETHE_SEALING_KEY",
}
EARLIER_LICENSING = "LETHE_SEALING_KEY"


def password_secret(folder: Path) -> str:
    """What the passwords of roles and broker users are derived from."""
    return _remembered(folder)[PASSWORDS]


def keys_of(folder: Path, process: str) -> dict[str, str]:
    """The keys of one process as environment variables; no other process gets them."""
    secrets = _remembered(folder)
    keys = {variable(process): secrets[variable(process)]}
    if process == IDENTITY:
        keys[SIGNING] = secrets[SIGNING]
    if process != GATEWAY:
        keys[VERIFYING] = Signer.of(secrets[SIGNING]).public
    return keys


def signer(folder: Path) -> Signer:
    """What identity signs with."""
    return Signer.of(_remembered(folder)[SIGNING])


def variable(process: str) -> str:
    """Where a process looks for its keys."""
    return f"LETHE_{process.upper()}_KEYS"


def backup_key(folder: Path) -> str:
    """What backups are encrypted with; no process is given it."""
    return _remembered(folder)[BACKUP]


def _remembered(folder: Path) -> dict[str, str]:
    """All secrets of the installation; missing ones are made and remembered."""
    file = folder / "keys.json"
    secrets: dict[str, str] = remembered(file)
    first = {variable(name): _first_keys(name, secrets) for name in KEYED if variable(name) not in secrets}
    if SIGNING not in secrets:
        first[SIGNING] = new_signing_key()
    if BACKUP not in secrets:
        first[BACKUP] = token_urlsafe(32)
    if PASSWORDS not in secrets:
        first[PASSWORDS] = Fernet.generate_key().decode()
    if first:
        secrets |= first
        remember(file, secrets)
    return secrets


def _first_keys(process: str, secrets: dict[str, str]) -> str:
    """A fresh key, and the secret that the process had before there were key ids."""
    if process == "licensing" and EARLIER_LICENSING in secrets:
        return f"1:{secrets[EARLIER_LICENSING]}"  # it was derived in the same way already
    fresh = f"1:{Fernet.generate_key().decode()}"
    earlier = secrets.get(EARLIER.get(process, ""))
    return f"{fresh},{LEGACY}:{earlier}" if earlier else fresh
