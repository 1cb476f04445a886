"""What licensing needs besides what every service needs."""

from pydantic import Field, SecretStr

from services.licensing.sealing import derived
from shared.settings import Settings


class LicensingSettings(Settings):
    """`LETHE_LICENSING_...` or `LETHE_...`. An empty payment secret is derived from the sealing key."""

    sealing_key: SecretStr = Field(min_length=16)
    payment_provider: str = "PayGate Sandbox S.A."
    payment_secret: SecretStr = SecretStr("")
    payment_tolerance_s: float = Field(default=300.0, gt=0)
    seller: str = "NanoMedia Damian Kiełbasa"
    seller_nip: str = "9222828810"
    days_to_pay: int = Field(default=14, ge=1, le=60)
    notices_every_s: float = Field(default=3600.0, gt=0)

    @property
    def webhook_secret(self) -> bytes:
        """The secret shared with the payment provider."""
        return self.payment_secret.get_secret_value().encode() or derived(
            self.sealing_key.get_secret_value(), "payment webhooks"
        )

    @property
    def recipients(self) -> tuple[str, ...]:
        """The payment provider learns who pays."""
        return (self.payment_provider,)
