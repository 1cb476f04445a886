"""PostgreSQL and RabbitMQ in containers: for tests, where a Docker engine answers and no servers are named."""

import contextlib
import gc
import os
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
from deploy.local.servers import Servers

NAMED = ("LETHE_POSTGRES_ADMIN_URL", "LETHE_AMQP_URL")
ENGINE_TIMEOUT_S = 3
LOOPBACK: Any = ("127.0.0.1", None)  # any free port; passed on to docker-py, whose tuples the wrapper's types omit
ACCOUNT = "lethe"
# As for the private ones: many databases at once, and a crash of the machine may lose a test's data.
SETTINGS = "-c max_connections=200 -c fsync=off -c full_page_writes=off -c jit=off"


def wanted() -> bool:
    """Whether tests take containers: nobody has named other servers, and an engine answers."""
    return not any(os.environ.get(name) for name in NAMED) and engine_answers()


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
    """Both until the block ends, and the mailbox of the folder beside them."""
    postgres = PostgresContainer("postgres:18", username=ACCOUNT, password=ACCOUNT, dbname="postgres", driver=None)
    rabbitmq = RabbitMqContainer("rabbitmq:4-management", username=ACCOUNT, password=ACCOUNT)
    _publish(postgres.with_command(SETTINGS), 5432)
    _publish(rabbitmq, 5672, 15672)
    with postgres, rabbitmq:
        host = rabbitmq.get_container_host_ip()
        amqp, management = rabbitmq.get_exposed_port(5672), rabbitmq.get_exposed_port(15672)
        mail = mailbox.start(folder)
        try:
            yield Servers(
                postgres.get_connection_url(),
                f"amqp://{ACCOUNT}:{ACCOUNT}@{host}:{amqp}/",
                f"http://{ACCOUNT}:{ACCOUNT}@{host}:{management}",
                mail.smtp_url,
                mail.folder,
            )
        finally:
            mailbox.stop(folder)


def _publish(container: DockerContainer, *ports: int) -> None:
    """Reach a container from this machine only: Docker itself would open its ports to the whole network."""
    for port in ports:
        container.ports[str(port)] = LOOPBACK
