"""Settings from the environment; only `app.py` and `deploy` read them."""

import os
from collections.abc import Iterable
from typing import Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.assertions import Verifier
from shared.secrets import Keyring


class Settings(BaseSettings):
    """What every process needs. Each name is an environment variable with the prefix `LETHE_`."""

    model_config = SettingsConfigDict(env_prefix="LETHE_", extra="ignore", hide_input_in_errors=True)

    amqp_url: SecretStr
    postgres_url: SecretStr = SecretStr("")
    smtp_url: str = "smtp://127.0.0.1:1025"
    mail_sender: str = "Lethe <no-reply@lethe.example>"
    assertion_keys: str = ""  # identity's public keys: `2:<key>,1:<key>`, at most two
    public_url: str = "http://127.0.0.1:8080"
    health_host: str = "127.0.0.1"
    health_port: int = 0
    pool_size: int = Field(default=8, ge=2, le=100)
    prefetch: int = Field(default=16, ge=1, le=1000)
    request_concurrency: int = Field(default=32, ge=1, le=1000)
    drain_seconds: float = Field(default=15.0, gt=0)
    log_level: str = "INFO"

    @field_validator("assertion_keys")
    @classmethod
    def _verifies(cls, keys: str) -> str:
        if keys:
            Verifier.of(keys)
        return keys

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who outside is given personal data, by the names in the disclosure log; the register must know them."""
        return ()

    @classmethod
    def of(cls, service: str) -> Self:
        """Read the settings of one service: `LETHE_<SERVICE>_X` goes before `LETHE_X`.

        Raises pydantic.ValidationError that names what is missing.
        """
        prefix = f"LETHE_{service.upper()}_"
        own = {key.removeprefix(prefix).lower(): value for key, value in os.environ.items() if key.startswith(prefix)}
        return cls(**own)  # type: ignore[arg-type]


class KeyedSettings(Settings):
    """The settings of a process that seals or hashes: `LETHE_<SERVICE>_KEYS`, its own and nobody else's."""

    keys: SecretStr

    @field_validator("keys")
    @classmethod
    def _readable(cls, keys: SecretStr) -> SecretStr:
        Keyring("", keys.get_secret_value())
        return keys

    def keyring(self, service: str) -> Keyring:
        return Keyring(service, self.keys.get_secret_value())


def what_is_wrong(service: str, error: ValidationError) -> str:
    """One line that names each missing or wrong variable, and no value."""
    faults = [f"{_variable(service, e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
    return f"{service}: settings are missing or wrong: {'; '.join(faults)}"


def _variable(service: str, location: Iterable[object]) -> str:
    """The variable of a setting; keys are each service's own."""
    field = "_".join(map(str, location)).upper()
    return f"LETHE_{service.upper()}_KEYS" if field == "KEYS" else f"LETHE_{field}"
