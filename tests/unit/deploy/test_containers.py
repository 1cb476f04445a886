"""When tests take containers. The containers themselves need a Docker engine, and are used wherever one answers."""

import pytest

from tests import containers

NOBODY = "tcp://127.0.0.1:1"


def test_without_an_engine_tests_take_private_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOBODY)
    assert not containers.engine_answers()
    assert not containers.wanted()


@pytest.mark.parametrize("name", containers.NAMED)
def test_named_servers_come_before_containers(monkeypatch: pytest.MonkeyPatch, name: str) -> None:

    def asked() -> bool:
        raise AssertionError("an engine was asked")

    monkeypatch.setattr(containers, "engine_answers", asked)
    monkeypatch.setenv(name, "x")
    assert not containers.wanted()
