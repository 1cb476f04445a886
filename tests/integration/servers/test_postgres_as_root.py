"""PostgreSQL where root may not make user namespaces: in a chroot, in some containers."""

import os
import shutil
from pathlib import Path

import psycopg
import pytest

from deploy.local import postgres, postgres_cluster
from deploy.local.folders import StartError

REFUSES = "#!/bin/sh\nexit 1\n"
WITHOUT_SECURE_BITS = """#!/bin/sh
for each; do
    shift
    case $each in --securebits=*) ;; *) set -- "$@" "$each" ;; esac
done
exec /usr/bin/setpriv "$@"
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is searched first; in it `unshare` refuses, as it does without user namespaces."""
    folder = tmp_path / "programs"
    folder.mkdir()
    environment_of = postgres_cluster.environment_of

    def searched(data: Path) -> dict[str, str]:
        environment = environment_of(data)
        return environment | {"PATH": f"{folder}:{environment['PATH']}"}

    monkeypatch.setattr(postgres_cluster, "environment_of", searched)
    stand_in(folder / "unshare", REFUSES)
    return folder


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PostgreSQL in a folder that is closed to other accounts, as everything below /root is."""
    folder, installed = tmp_path / "closed", postgres_cluster.binaries().parents[1]
    folder.mkdir(mode=0o700)
    for part in installed.parent.glob(f"{installed.name}*"):
        shutil.copytree(part, folder / part.name)
    monkeypatch.syspath_prepend(folder)
    assert postgres_cluster.binaries().is_relative_to(folder)
    return folder


def stand_in(program: Path, script: str) -> None:
    program.write_text(script)
    program.chmod(0o700)


def answer_of(server: postgres.PostgresServer) -> object:
    with psycopg.connect(server.admin_url) as connection:
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row is not None
    return row[0]


def test_a_closed_folder_keeps_nothing_from_starting(programs: Path, closed: Path) -> None:
    assert programs.is_dir()
    try:
        assert answer_of(postgres.start(closed, durable=False)) is True, "a new cluster"
        assert answer_of(postgres.restart(closed, durable=False)) is True, "one that is there"
    finally:
        postgres.kill(closed)


@pytest.mark.parametrize("setpriv", [REFUSES, WITHOUT_SECURE_BITS], ids=["nothing", "no secure bits"])
def test_what_root_cannot_do_is_one_sentence(
    setpriv: str, programs: Path, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(programs / "setpriv", setpriv)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(StartError) as refused:
        postgres.start(closed, durable=False)
    assert str(refused.value) == (
        "PostgreSQL refuses to run as root, and here root may neither make a user namespace (as in a chroot) nor let "
        "another account into closed folders: run ./lethe from an ordinary account, or name a server in "
        "LETHE_POSTGRES_ADMIN_URL."
    )
    assert not (closed / "postgres" / "data").exists()
