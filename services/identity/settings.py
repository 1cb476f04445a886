"""What identity needs besides what every service needs."""

from pydantic import Field, SecretStr, field_validator

from shared.assertions import Signer
from shared.settings import MailingSettings


class IdentitySettings(MailingSettings):
    """`LETHE_IDENTITY_...` or `LETHE_...`."""

    assertion_signing_key: SecretStr  # `<id>:<32 bytes in URL-safe Base64>`; its public half is in LETHE_ASSERTION_KEYS
    mail_provider: str = Field(default="Poczta.example sp. z o.o.", min_length=1)
    mail_retry_s: float = Field(default=1.0, gt=0)
    code_valid_s: float = Field(default=600.0, gt=0, le=600)  # OWASP ASVS 6.5.5
    reset_valid_s: float = Field(default=3600.0, gt=0, le=3600)
    session_idle_s: float = Field(default=24 * 3600.0, gt=0)
    session_lifetime_s: float = Field(default=30 * 24 * 3600.0, gt=0)
    argon2_memory_kib: int = Field(default=19 * 1024, ge=8)
    argon2_time_cost: int = Field(default=2, ge=1)
    argon2_parallelism: int = Field(default=1, ge=1)

    @field_validator("assertion_signing_key")
    @classmethod
    def _signs(cls, key: SecretStr) -> SecretStr:
        Signer.of(key.get_secret_value())
        return key

    @property
    def recipients(self) -> tuple[str, ...]:
        """The mail provider sees names and addresses."""
        return (self.mail_provider,)
