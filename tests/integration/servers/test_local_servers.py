"""The private servers: they resume, survive a kill, keep to loopback and keep rows out of their logs."""

import contextlib
import os
import shutil
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import psutil
import psycopg
import pytest
from pamqp.common import FieldTable

from deploy.local import mailbox, ports, postgres, processes, rabbitmq, servers
from deploy.local.folders import StartError, alone, remember

QUORUM: FieldTable = {"x-queue-type": "quorum"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("POSTGRES_ADMIN", "AMQP", "MANAGEMENT", "SMTP"):
            patch.delenv(f"LETHE_{name}_URL", raising=False)
        state = tmp_path_factory.mktemp("servers")
        yield state
        servers.kill_servers(state)


@pytest.fixture(scope="module")
def running(folder: Path) -> servers.Servers:
    return servers.running_servers(folder, durable=False)


async def publish(amqp_url: str, queue: str, body: bytes) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(queue, durable=True, arguments=QUORUM)
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, queue)


async def taken_from(amqp_url: str, queue: str) -> bytes:
    # Not counted: a quorum queue tells its length once per tick, and 0 until the first one after a start.
    async with await aio_pika.connect(amqp_url) as connection:
        source = await (await connection.channel()).get_queue(queue, ensure=False)
        message = await source.get(timeout=60)
        await message.ack()
        return message.body


def is_registered(folder: Path, queue: str) -> bool:
    # The node writes down that a new quorum queue is its own about half a second after it confirmed the
    # declaration; killed before that, it does not know the queue any more. Messages are safe at once.
    return any(queue.encode() in file.read_bytes() for file in folder.glob("rabbitmq/data/*/quorum/*/names.dets"))


def tree_of(folder: Path) -> list[psutil.Process]:
    started = [psutil.Process(pid) for pid in servers.running_processes(folder).values() if pid]
    return [each for parent in started for each in (parent, *parent.children(recursive=True))]


def alive(started: list[psutil.Process]) -> list[str]:
    """Those that still run; one that ended and whose parent has not asked how is none of them."""
    names = []
    for each in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            if each.status() != psutil.STATUS_ZOMBIE and each.is_running():
                names.append(each.name())
    return names


def listening(process: psutil.Process) -> list[tuple[str, str]]:
    """Its name with each address that it listens on; what helps a server may end at any moment."""
    with contextlib.suppress(psutil.NoSuchProcess):
        ours = process.net_connections("inet")
        return [(process.name(), each.laddr.ip) for each in ours if each.status == psutil.CONN_LISTEN]
    return []


def test_listens_on_loopback_only(folder: Path, running: servers.Servers) -> None:
    assert running.mailbox_folder is not None
    listeners = [listener for each in tree_of(folder) for listener in listening(each)]
    assert len({name for name, _ in listeners}) == 4, "postgres, beam, epmd and the mailbox"
    assert all(ip_address(address).is_loopback for _, address in listeners)


def test_finds_what_runs_already(folder: Path, running: servers.Servers) -> None:
    before = servers.running_processes(folder)
    assert servers.running_servers(folder, durable=False) == running
    assert servers.running_processes(folder) == before


def test_a_broker_that_is_slow_to_answer_is_left_alone(
    folder: Path, running: servers.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that stood still for seconds: a restart would cut off everybody who is connected."""
    answers, asked, before = processes.answers, [], servers.running_processes(folder)

    def late(url: str) -> bool:
        asked.append(url)
        return len(asked) > 2 and answers(url)

    monkeypatch.setattr(processes, "answers", late)
    assert rabbitmq.start(folder).amqp_url == running.amqp_url
    assert servers.running_processes(folder) == before


def test_the_broker_asks_no_name_server(folder: Path, running: servers.Servers) -> None:
    """Not even for the name of this machine, which a bare one may not know: each question took it 5 s."""
    pid = processes.running(folder, rabbitmq.NAME)
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    (resolver,) = (entry.removeprefix("ERL_INETRC=") for entry in environment if entry.startswith("ERL_INETRC="))
    said = Path(resolver).read_text()
    assert "{lookup, [file]}." in said
    assert f'"{socket.gethostname()}"' in said


def test_keeps_rows_out_of_the_log(folder: Path, running: servers.Servers) -> None:
    with psycopg.connect(running.postgres_admin_url, autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE person (email text PRIMARY KEY)")
        for statement in (
            "INSERT INTO person VALUES ('jan.kowalski@example.pl'), ('jan.kowalski@example.pl')",
            "SELECT 'jan.kowalski@example.pl'::uuid",
        ):
            with pytest.raises(psycopg.Error, match=r"jan\.kowalski"):
                connection.execute(statement)
    assert "kowalski" not in (folder / "logs" / "postgres.log").read_text()


def test_delivers_mail_to_a_file(running: servers.Servers) -> None:
    place = urlsplit(running.smtp_url)
    with smtplib.SMTP(place.hostname or "", place.port or 0) as client:
        client.sendmail("shop@example.pl", ["Ola@example.pl"], "Subject: Your licence\r\n\r\nkey")
        client.sendmail("shop@example.pl", ["ola@example.pl"], "Subject: Your invoice\r\n\r\nsum")
    assert running.mailbox_folder is not None
    mail = mailbox.wait_for(running.mailbox_folder, "ola@example.pl", "licence")
    assert mail.get_content().strip() == "key"
    assert len(mailbox.messages_for(running.mailbox_folder, "ola@example.pl")) == 2
    assert mailbox.messages_for(running.mailbox_folder, "jan@example.pl") == []


async def test_resumes_after_a_kill_of_everything(folder: Path, running: servers.Servers) -> None:
    with psycopg.connect(running.postgres_admin_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE survivor AS SELECT 'kept' AS state")
    await publish(running.amqp_url, "survivors", b"first")
    assert await taken_from(running.amqp_url, "survivors") == b"first"
    assert processes.poll(lambda: is_registered(folder, "survivors"), within_s=60.0)
    await publish(running.amqp_url, "survivors", b"kept")
    killed = tree_of(folder)
    for each in killed:
        with contextlib.suppress(psutil.NoSuchProcess):  # children end by themselves, too
            each.kill()
    assert not psutil.wait_procs(killed, timeout=60)[1]
    assert servers.running_servers(folder, durable=False) == running
    with psycopg.connect(running.postgres_admin_url) as connection:
        assert connection.execute("SELECT state FROM survivor").fetchone() == ("kept",)
    assert await taken_from(running.amqp_url, "survivors") == b"kept"


async def test_stops_without_a_trace_and_resumes(folder: Path, running: servers.Servers) -> None:
    await publish(running.amqp_url, "sleepers", b"kept")
    with psycopg.connect(running.postgres_admin_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE sleeper AS SELECT 'kept' AS state")
    before = tree_of(folder)
    servers.stop_servers(folder)
    assert processes.poll(lambda: not alive(before), within_s=60.0), alive(before)
    assert servers.running_servers(folder, durable=False) == running
    with psycopg.connect(running.postgres_admin_url) as connection:
        assert connection.execute("SELECT state FROM sleeper").fetchone() == ("kept",)
    assert await taken_from(running.amqp_url, "sleepers") == b"kept"


def test_names_the_holder_of_a_taken_port(tmp_path: Path) -> None:
    home = tmp_path / postgres.NAME
    port = ports.remembered_ports(home, ["postgres"])["postgres"]
    with socket.create_server((ports.LOOPBACK, port)):
        with pytest.raises(StartError, match=rf"Port {port} of the private PostgreSQL is taken by .*{os.getpid()}"):
            postgres.start(tmp_path, durable=False)
        (tmp_path / rabbitmq.NAME).mkdir()
        shutil.copy(home / ports.PORTS_FILE, tmp_path / rabbitmq.NAME)
        with pytest.raises(StartError, match=f"Port {port} of the private RabbitMQ is taken"):
            rabbitmq.start(tmp_path)


def test_refuses_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 0))
    with pytest.raises(StartError, match="Only 0 MB are free"):
        postgres.start(tmp_path, durable=False)


def test_refuses_a_second_start_at_once(tmp_path: Path) -> None:
    with alone(tmp_path, "busy"), pytest.raises(StartError, match=r"Another \./lethe is starting or stopping"):
        servers.running_servers(tmp_path)


def test_never_ends_a_stranger_with_a_reused_id(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        remember(tmp_path / "run" / "service.json", {"pid": stranger.pid, "started": "another boot:1"})
        processes.stop(tmp_path, "service")
        processes.kill(tmp_path, "service")
        assert stranger.poll() is None
        stranger.kill()


def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, signal; from deploy.local import processes;"
        f"pid = processes.start(pathlib.Path({str(tmp_path)!r}), 'child', ['sleep', '60'],"
        " {'PATH': '/usr/bin:/bin'}, dies_with_parent=True);"
        # the kernel watches the parent from the moment that setpriv has become the program
        "assert processes.poll(lambda: pathlib.Path(f'/proc/{pid}/comm').read_text() == 'sleep\\n', 5.0);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert processes.poll(lambda: processes.running(tmp_path, "child") is None, within_s=60.0)
