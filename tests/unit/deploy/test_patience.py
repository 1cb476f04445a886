"""How long a command waits for a service: as long as the services wait for one another."""

import pytest
import typer

from deploy.commands import access
from shared.messaging.request_client import DEFAULT_TIMEOUT_S


@pytest.mark.parametrize(("said", "seconds"), [("60", 60.0), ("0.5", 0.5), ("", DEFAULT_TIMEOUT_S)])
def test_it_is_what_the_setting_says(monkeypatch: pytest.MonkeyPatch, said: str, seconds: float) -> None:
    monkeypatch.setenv(access.PATIENCE, said)
    assert access.patience_s() == seconds


@pytest.mark.parametrize("said", ["soon", "0", "-1", "inf", "nan"])
def test_what_is_no_time_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    monkeypatch.setenv(access.PATIENCE, said)
    with pytest.raises(typer.Exit) as ended:
        access.patience_s()
    assert ended.value.exit_code == access.WRONG_USE
    assert capsys.readouterr().err == "lethe: LETHE_PATIENCE_S is a number of seconds\n"
