"""Settings: each process its own, secrets from files, and faults that name the variable and no value."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.local import system
from services.gateway.settings import GatewaySettings
from services.licensing.settings import LicensingSettings
from services.licensing.vat.rules import TaxPolicy
from shared.settings import Settings, UnreadableFile, what_is_wrong, with_files
from tests import countries

SECRET = "of nobody else's business"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(f"1:{'k' * 32}\n")
    return file


def test_a_secret_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, secret: Path) -> None:
    """The service's own before the general one, without the end of its line."""
    monkeypatch.setenv("LETHE_AMQP_URL", "amqp://127.0.0.1")
    monkeypatch.setenv("LETHE_LICENSING_KEYS_FILE", str(secret))
    assert LicensingSettings.of("licensing").keys.get_secret_value() == f"1:{'k' * 32}"
    secret.write_text("amqp://elsewhere\r\n")
    monkeypatch.delenv("LETHE_AMQP_URL")
    monkeypatch.setenv("LETHE_AMQP_URL_FILE", str(secret))
    assert with_files({"LETHE_AMQP_URL_FILE": str(secret)}, "LETHE_") == {"amqp_url": "amqp://elsewhere"}
    assert GatewaySettings.of("gateway").amqp_url.get_secret_value() == "amqp://elsewhere"


@pytest.mark.parametrize("how", ["gone", "folder", "not text", "twice"])
def test_a_file_that_can_not_be_read_is_named_by_its_variable(tmp_path: Path, secret: Path, how: str) -> None:
    places = {"gone": tmp_path / "gone", "folder": tmp_path, "not text": secret, "twice": secret}
    if how == "not text":
        secret.write_bytes(b"\xff\xfe\x00")
    also = {"LETHE_KEYS": SECRET} if how == "twice" else {}
    with pytest.raises(UnreadableFile, match="LETHE_KEYS") as refused:
        with_files({"LETHE_KEYS_FILE": str(places[how])} | also, "LETHE_")
    assert SECRET not in str(refused.value)


FOREIGN = {
    "LETHE_POSTGRES_ADMIN_URL": ("identity", "privacy", "licensing", "marketing", "gateway"),
    "LETHE_MANAGEMENT_URL": ("identity", "privacy", "licensing", "marketing", "gateway"),
    "LETHE_SMTP_URL": ("licensing", "gateway"),
    "LETHE_SMTP_URL_FILE": ("licensing", "gateway"),
    "LETHE_LICENSING_PAYMENT_SECRET": ("identity", "privacy", "marketing", "gateway"),
    "LETHE_LICENSING_SIGNING_KEYS": ("identity", "privacy", "marketing", "gateway"),
    "LETHE_IDENTITY_ASSERTION_SIGNING_KEY": ("privacy", "licensing", "marketing", "gateway"),
    "LETHE_ASSERTION_SIGNING_KEY": ("privacy", "licensing", "marketing", "gateway"),
    "LETHE_PRIVACY_KEYS": ("identity", "licensing", "marketing", "gateway"),
}


@pytest.mark.parametrize("name", system.PROCESSES)
def test_a_process_is_given_nothing_that_is_others_business(name: str) -> None:
    known = system.known_settings(name)
    assert not [variable for variable, processes in FOREIGN.items() if name in processes and variable in known]
    assert {"LETHE_AMQP_URL", "LETHE_AMQP_URL_FILE", f"LETHE_{name.upper()}_KEYS"} <= known


WRONG_PLACES = {
    "traces_url": ("127.0.0.1:4318", "ftp://127.0.0.1/v1/traces", "http://", "spans.jsonl"),
    "traces_path": ("/nowhere/at/all/spans", "/", "/tmp"),  # noqa: S108 is never written to
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG_PLACES.items() for value in values]
)
def test_a_place_for_spans_that_can_not_be_one_is_named(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        Settings.model_validate({"amqp_url": "amqp://127.0.0.1", name: value})
    sentence = what_is_wrong("identity", wrong.value)
    assert f"LETHE_{name.upper()}: " in sentence
    assert "4318" not in sentence.replace("http://127.0.0.1:4318/v1/traces", "")


def test_a_collectors_url_may_hold_a_password() -> None:
    url = f"https://who:{SECRET}@collector/v1/traces"
    settings = Settings.model_validate({"amqp_url": "amqp://127.0.0.1", "traces_url": url})
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("COUNTRY_DATABASE", "missing", "no file in MaxMind's format"),
        ("COUNTRY_DATABASE", "damaged", "no file in MaxMind's format"),
        ("COUNTRIES_OUTSIDE", "CH,DE", "no countries outside the Union: DE"),
        ("COUNTRIES_OUTSIDE", "ZZ", "no countries outside the Union: ZZ"),
        ("COUNTRIES_OUTSIDE", "CH", "needs LETHE_LICENSING_COUNTRY_DATABASE"),
    ],
)
def test_a_service_does_not_start_on_countries_that_it_can_not_tell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: Path, name: str, value: str, words: str
) -> None:
    (tmp_path / "damaged").write_text("no database")
    monkeypatch.setenv("LETHE_AMQP_URL", "amqp://127.0.0.1")
    monkeypatch.setenv("LETHE_LICENSING_KEYS_FILE", str(secret))
    monkeypatch.setenv(f"LETHE_LICENSING_{name}", str(tmp_path / value) if name == "COUNTRY_DATABASE" else value)
    with pytest.raises(ValidationError, match=words):
        LicensingSettings.of("licensing")


def test_countries_to_sell_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: Path) -> None:
    monkeypatch.setenv("LETHE_AMQP_URL", "amqp://127.0.0.1")
    monkeypatch.setenv("LETHE_LICENSING_KEYS_FILE", str(secret))
    monkeypatch.setenv("LETHE_LICENSING_COUNTRY_DATABASE", countries.written(tmp_path / "countries.mmdb"))
    monkeypatch.setenv("LETHE_LICENSING_COUNTRIES_OUTSIDE", "CH, US")
    monkeypatch.setenv("LETHE_LICENSING_OSS", "false")
    assert LicensingSettings.of("licensing").taxes == TaxPolicy(False, False, frozenset({"CH", "US"}))
