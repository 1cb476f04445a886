"""When tests take containers: only when they are asked to, and only where an engine answers."""

import contextlib
import os
import smtplib
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.commands import test as command
from deploy.local.folders import PROJECT
from deploy.local.mailbox import messages_for
from tests import containers

NOBODY = "tcp://127.0.0.1:1"


def test_tests_take_containers_when_they_are_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(containers.WANTED, raising=False)
    assert not containers.wanted()
    monkeypatch.setenv(containers.WANTED, "1")
    assert containers.wanted()
    assert command.CONTAINERS == containers.WANTED


def test_without_an_engine_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOBODY)
    assert not containers.engine_answers()
    done = subprocess.run(
        [sys.executable, "-m", "deploy.commands", "test", "--containers"],
        cwd=PROJECT,
        env=os.environ | {"DOCKER_HOST": NOBODY},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == containers.NO_ENGINE
    assert done.stderr == "lethe: no container engine answers: start one, or name its socket in DOCKER_HOST\n"


def test_the_account_is_named_like_no_schema() -> None:
    """PostgreSQL puts unqualified tables into a schema of the account's name, if there is one."""
    assert containers.ACCOUNT != "lethe"


@pytest.mark.parametrize("first", [0, 1])
def test_a_kind_that_ends_leaves_the_others_their_mailbox(first: int, tmp_path: Path) -> None:
    with contextlib.ExitStack() as earlier, contextlib.ExitStack() as later:
        kinds = (earlier, later)
        mailboxes = [kind.enter_context(containers.own_mailbox(tmp_path)) for kind in kinds]
        addresses = [urlsplit(each.smtp_url) for each in mailboxes]
        kinds[first].close()
        left = addresses[1 - first]
        with smtplib.SMTP(left.hostname or "", left.port or 0, timeout=60) as smtp:
            smtp.sendmail("a@example.com", "b@example.com", "Subject: still there")
        assert [mail["Subject"] for mail in messages_for(mailboxes[1 - first].folder, "b@example.com")]
        with pytest.raises(ConnectionRefusedError):
            smtplib.SMTP(addresses[first].hostname or "", addresses[first].port or 0, timeout=60)
    assert list(tmp_path.iterdir()) == []
