"""What the gateway needs besides what every process needs."""

import secrets
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints, field_validator

from services.gateway.forwarding import Network, networks
from services.gateway.limits import RATE, Kind, Rate
from shared.settings import KeyedSettings

RateText = Annotated[str, StringConstraints(pattern=RATE)]


class GatewaySettings(KeyedSettings):
    """`LETHE_GATEWAY_...` or `LETHE_...`; a rate reads `60/minute` or `off`.

    Rates count per process: with several gateways behind a balancer a client gets so many times more.

    `keys` are the same for all gateways: with them a repeated request opens the same case with the same token. A
    key that was replaced stays in the list for another 24 hours, as long as a request may be repeated. Without the
    setting each process makes a key of its own, which is for development only.
    """

    http_host: str = "127.0.0.1"  # for the public; health and metrics have LETHE_HEALTH_HOST and LETHE_HEALTH_PORT
    http_port: int = Field(default=0, ge=0, le=65535)
    trusted_proxies: str = ""  # whose X-Forwarded-For names the client: addresses and networks with commas, or `*`
    keys: SecretStr = Field(default_factory=lambda: SecretStr(f"1:{secrets.token_urlsafe(32)}"))
    ask_timeout_s: float = Field(default=10.0, gt=0)
    head_timeout_s: float = Field(default=10.0, gt=0)
    body_timeout_s: float = Field(default=10.0, gt=0)
    max_body_bytes: int = Field(default=64 * 1024, ge=1024)
    max_webhook_bytes: int = Field(default=256 * 1024, ge=1024)

    rate_address: RateText = "1200/minute"  # everything that comes from one client address
    rate_open: RateText = "300/minute"
    rate_credentials: RateText = "20/minute"  # passwords and mailed codes can be guessed
    rate_mail: RateText = "10/minute"  # each sends a mail to somebody
    rate_license: RateText = "120/minute"
    rate_member: RateText = "300/minute"  # per session
    rate_webhook: RateText = "1200/minute"

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, text: str) -> str:
        networks(text)
        return text

    @property
    def proxies(self) -> tuple[Network, ...]:
        return networks(self.trusted_proxies)

    @property
    def rates(self) -> dict[Kind, Rate | None]:
        return {kind: Rate.read(getattr(self, f"rate_{kind.value}")) for kind in Kind}
