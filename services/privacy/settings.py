"""What privacy needs besides what every service needs."""

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter

from pydantic import Field, SecretStr, field_validator

from shared.secrets import is_webhook_secret
from shared.settings import MailingSettings


class PrivacySettings(MailingSettings):
    """`LETHE_PRIVACY_...` or `LETHE_...`."""

    ledger: str = Field(min_length=1)
    """The folder of the ledger of erasures and rulings: on a disk that no restore of a database brings back."""
    backups: str = ""
    """The folder of the backups, where this process is to remove those that are over."""
    backup_days: int = Field(default=30, ge=1, le=3660)  # so long a backup is kept, as certificates say
    participants: str = "identity,licensing,marketing,privacy"
    cooling_off_s: float = Field(default=72 * 3600.0, ge=0)
    gather_patience_s: float = Field(default=20.0, ge=0)  # so long an order waits for what is to be searched for
    search_every_s: float = Field(default=60.0, gt=0)  # a search reads everything: one serves all cases of a while
    recipients_every_s: float = Field(default=60.0, gt=0)  # one letter tells a recipient of all cases of a while
    webhook_secrets: SecretStr = SecretStr("")
    """What signs the webhooks of each recipient that has one: `payments:whsec_...,mail:whsec_...`; while a secret takes
    another's place, the recipient stands there with both."""
    webhook_limit_s: float = Field(default=15.0, gt=0, le=45)  # of one webhook as a whole; less than its lease
    local_webhooks: bool = False
    """Webhooks may go to inner networks, and without TLS to this machine: for tests and demonstrations."""
    remind_after_s: float = Field(default=60.0, gt=0)
    officers_mailbox: str = Field(default="", max_length=254)
    """Where officers are written to once a day; empty: the controller's address in the register."""
    mail_provider: str = Field(default="Poczta.example sp. z o.o.", min_length=1)

    @field_validator("webhook_secrets")
    @classmethod
    def _readable_secrets(cls, secrets: SecretStr) -> SecretStr:
        if not all(key and is_webhook_secret(secret) for key, secret in _pairs(secrets)):
            raise ValueError("is written as <recipient>:whsec_<base64 of 24 to 64 bytes>, with commas between")
        return secrets

    @property
    def secrets_of_recipients(self) -> Mapping[str, list[str]]:
        """The secrets of each recipient, by its key in the register."""
        return {key: [s for _, s in each] for key, each in groupby(_pairs(self.webhook_secrets), itemgetter(0))}

    @property
    def recipients(self) -> tuple[str, ...]:
        """The mail provider sees the addresses of privacy's letters."""
        return (self.mail_provider,)

    @property
    def required(self) -> frozenset[str]:
        """The services without whom nothing is ordered."""
        return frozenset(name.strip() for name in self.participants.split(",") if name.strip())


def _pairs(secrets: SecretStr) -> list[tuple[str, str]]:
    """Each recipient with one secret of its, those of one recipient together."""
    written = [each.strip() for each in secrets.get_secret_value().split(",") if each.strip()]
    return sorted(((key, secret) for key, _, secret in (each.partition(":") for each in written)), key=itemgetter(0))
