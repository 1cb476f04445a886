"""What privacy needs besides what every service needs."""

from pydantic import Field

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
    remind_after_s: float = Field(default=60.0, gt=0)
    officers_mailbox: str = Field(default="", max_length=254)
    """Where officers are written to once a day; empty: the controller's address in the register."""
    mail_provider: str = Field(default="Poczta.example sp. z o.o.", min_length=1)

    @property
    def recipients(self) -> tuple[str, ...]:
        """The mail provider sees the addresses of privacy's letters."""
        return (self.mail_provider,)

    @property
    def required(self) -> frozenset[str]:
        """The services without whom nothing is ordered."""
        return frozenset(name.strip() for name in self.participants.split(",") if name.strip())
