"""What marketing needs besides what every service needs."""

from urllib.parse import urlsplit

from pydantic import Field

from shared.settings import MailingSettings


class MarketingSettings(MailingSettings):
    """`LETHE_MARKETING_...` or `LETHE_...`."""

    mails_per_second: float = Field(default=10.0, gt=0)  # of this process
    send_concurrency: int = Field(default=4, ge=1, le=6)  # dialogues at a time; each holds a connection of the pool
    resend_after_s: float = Field(default=600.0, ge=0)
    mail_provider: str = ""
    controller: str = "NanoMedia Damian Kiełbasa, NIP 9222828810"

    @property
    def recipient(self) -> str:
        """Who is given the addresses, by name (C-154/21)."""
        return self.mail_provider or f"mail provider {urlsplit(self.smtp_url).hostname}"

    @property
    def recipients(self) -> tuple[str, ...]:
        """The mail provider sees the addresses."""
        return (self.recipient,)
