"""What identity needs besides what every service needs."""

from pydantic import Field

from shared.settings import KeyedSettings


class IdentitySettings(KeyedSettings):
    """`LETHE_IDENTITY_...` or `LETHE_...`."""

    mail_provider: str = Field(default="Poczta.example sp. z o.o.", min_length=1)
    mail_retry_s: float = Field(default=1.0, gt=0)
    code_valid_s: float = Field(default=600.0, gt=0, le=600)  # OWASP ASVS 6.5.5
    reset_valid_s: float = Field(default=3600.0, gt=0, le=3600)
    session_idle_s: float = Field(default=24 * 3600.0, gt=0)
    reauthentication_minutes: int = Field(default=15, ge=1)
    session_lifetime_s: float = Field(default=30 * 24 * 3600.0, gt=0)
    argon2_memory_kib: int = Field(default=19 * 1024, ge=8)
    argon2_time_cost: int = Field(default=2, ge=1)
    argon2_parallelism: int = Field(default=1, ge=1)

    @property
    def recipients(self) -> tuple[str, ...]:
        """The mail provider sees names and addresses."""
        return (self.mail_provider,)
