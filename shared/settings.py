"""Settings from the environment; only `app.py` and `deploy` read them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.assertions import Verifier
from shared.secrets import Keyring

PREFIX = "LETHE_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""How a URL names this machine."""


class Settings(BaseSettings):
    """What every process needs. Each name is an environment variable with the prefix `LETHE_`."""

    model_config = SettingsConfigDict(env_prefix="LETHE_", extra="ignore", hide_input_in_errors=True)

    amqp_url: SecretStr
    postgres_url: SecretStr = SecretStr("")
    assertion_keys: str = ""  # identity's public keys: `2:<key>,1:<key>`, at most two
    public_url: str = "http://127.0.0.1:8080"
    health_host: str = "127.0.0.1"
    health_port: int = 0
    pool_size: int = Field(default=8, ge=2, le=100)
    prefetch: int = Field(default=16, ge=1, le=1000)
    request_concurrency: int = Field(default=32, ge=1, le=1000)
    patience_s: float = Field(default=5.0, gt=0)  # for a connection to PostgreSQL, and for another service's answer
    drain_seconds: float = Field(default=15.0, gt=0)
    log_level: str = "INFO"
    log_path: str = ""
    """The file that the output goes to, where it is one, and after it, with commas, the logs of what keeps no data and
    can't search itself (gateway, broker, PostgreSQL): files or patterns. Searched for values of erased people."""
    traces_url: str = Field(default="", repr=False)  # a collector: OTLP over HTTP, with its path
    traces_path: str = ""  # a file that spans are appended to
    traces_share: float = Field(default=1.0, ge=0, le=1)  # of the traces that begin here

    @field_validator("assertion_keys")
    @classmethod
    def _verifies(cls, keys: str) -> str:
        if keys:
            Verifier.of(keys)
        return keys

    @field_validator("traces_url")
    @classmethod
    def _leads_somewhere(cls, url: str) -> str:
        place = urlsplit(url)
        if url and not (place.scheme in ("http", "https") and place.hostname):
            raise ValueError("needs the URL of a collector, such as http://127.0.0.1:4318/v1/traces")
        return url

    @field_validator("traces_path")
    @classmethod
    def _has_a_folder(cls, path: str) -> str:
        if path and (not Path(path).parent.is_dir() or Path(path).is_dir()):
            raise ValueError("needs a file in a folder that exists")
        return path

    @property
    def log_paths(self) -> tuple[str, ...]:
        """The logs to be searched, the own one first."""
        return tuple(path.strip() for path in self.log_path.split(","))

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who outside is given personal data, by the names in the disclosure log; the register must know them."""
        return ()

    @classmethod
    def of(cls, service: str) -> Self:
        """Read the settings of one service: `LETHE_<SERVICE>_X` goes before `LETHE_X`, each also as `..._FILE`.

        Raises pydantic.ValidationError that names what is missing, UnreadableFile that names the variable.
        """
        general, own = with_files(os.environ, PREFIX), with_files(os.environ, f"{PREFIX}{service.upper()}_")
        return cls(**{name: value for name, value in (general | own).items() if name in cls.model_fields})  # type: ignore[arg-type]


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


class MailingSettings(KeyedSettings):
    """The settings of a process that hands mail to a server; the URL may hold a password."""

    smtp_url: str = Field(default="smtp://127.0.0.1:1025", repr=False)
    mail_sender: str = "Lethe <no-reply@lethe.example>"


class UnreadableFile(Exception):
    """A setting that stands in a file can't be read; the message names the variable."""


def with_files(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The settings under a prefix, by field name; what `X_FILE` names is read, without the line's end.

    Secrets in files stay out of `ps`, crash reports and child processes (Docker and Kubernetes mount them so).
    """
    said = {key.removeprefix(prefix): value for key, value in environment.items() if key.startswith(prefix)}
    files = {key.removesuffix("_FILE"): value for key, value in said.items() if key.endswith("_FILE")}
    if twice := files.keys() & said.keys():
        raise UnreadableFile(f"{prefix}{min(twice)} stands there twice, as itself and as a file")
    typed = {key.lower(): value for key, value in said.items() if not key.endswith("_FILE")}
    return typed | {key.lower(): _read(f"{prefix}{key}_FILE", path) for key, path in files.items()}


def _read(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{variable}: {type(error).__name__}: the file can't be read") from None


def what_is_wrong(service: str, error: ValidationError) -> str:
    """One line that names each missing or wrong variable, and no value."""
    faults = [f"{_variable(service, e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
    return f"{service}: settings are missing or wrong: {'; '.join(faults)}"


def _variable(service: str, location: Iterable[object]) -> str:
    """The variable of a setting; keys are each service's own."""
    field = "_".join(map(str, location)).upper()
    return f"LETHE_{service.upper()}_KEYS" if field == "KEYS" else f"LETHE_{field}"
