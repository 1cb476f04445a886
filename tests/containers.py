"""PostgreSQL and RabbitMQ in containers: for `./lethe test --containers`, from whatever Docker engine answers."""

import contextlib
import gc
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.rabbitmq import RabbitMqContainer
from testcontainers.core.container import DockerContainer

from deploy.local import mailbox
from deploy.local.folders import private_folder
from deploy.local.servers import Servers

WANTED = "LETHE_TEST_CONTAINERS"
NO_ENGINE = 1
ENGINE_TIMEOUT_S = 3
LOOPBACK: Any = ("127.0.0.1", None)  # any free port; passed on to docker-py, whose tuples the wrapper's types omit
ACCOUNT = "tests"  # no name of a schema: PostgreSQL looks for unqualified names in the schema of the account first
# As for the private ones: many databases at once, and a crash of the machine may lose a test's data.
SETTINGS = "-c max_connections=200 -c fsync=off -c full_page_writes=off -c jit=off"


def wanted() -> bool:
    """Whether tests take containers."""
    return bool(os.environ.get(WANTED))


def engine_answers() -> bool:
    """Whether there is a Docker engine that lets us in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # docker-py forgets its socket when nobody answers
        answered = _ping()
        gc.collect()  # now, not in the middle of a test, where a warning is an error
    return answered


def _ping() -> bool:
    try:
        with contextlib.closing(docker.from_env(timeout=ENGINE_TIMEOUT_S)) as engine:
            return bool(engine.ping())
    except DockerException:
        return False


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Both until the block ends, and a mailbox in the folder beside them."""
    postgres = PostgresContainer("postgres:18", username=ACCOUNT, password=ACCOUNT, dbname="postgres", driver=None)
    rabbitmq = RabbitMqContainer("rabbitmq:4-management", username=ACCOUNT, password=ACCOUNT)
    _publish(postgres.with_command(SETTINGS), 5432)
    _publish(rabbitmq, 5672, 15672)
    with postgres, rabbitmq:
        host = rabbitmq.get_container_host_ip()
        amqp, management = rabbitmq.get_exposed_port(5672), rabbitmq.get_exposed_port(15672)
        with own_mailbox(folder) as mail:
            yield Servers(
                postgres.get_connection_url(),
                f"amqp://{ACCOUNT}:{ACCOUNT}@{host}:{amqp}/",
                f"http://{ACCOUNT}:{ACCOUNT}@{host}:{management}",
                mail.smtp_url,
                mail.folder,
            )


@contextlib.contextmanager
def own_mailbox(folder: Path) -> Iterator[mailbox.MailServer]:
    """A mailbox of this block alone: kinds run side by side, and the first to end must not end it for the others."""
    with tempfile.TemporaryDirectory(dir=private_folder(folder)) as own:
        try:
            yield mailbox.start(Path(own))
        finally:
            mailbox.stop(Path(own))


def _publish(container: DockerContainer, *ports: int) -> None:
    """Reach a container from this machine only: Docker itself would open its ports to the whole network."""
    for port in ports:
        container.ports[str(port)] = LOOPBACK


if __name__ == "__main__":
    if not engine_answers():
        sys.exit("lethe: no container engine answers: start one, or name its socket in DOCKER_HOST")
