"""Set up RabbitMQ: a virtual host, a user per service with least privilege, topology and policies."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urlsplit

import httpx

from deploy.passwords import password
from shared.contracts.message import GATEWAY, requests
from shared.contracts.schemas import published
from shared.messaging import topology
from shared.messaging.router import EventHandler
from shared.messaging.sender_accounts import Question, questions

NOTHING = "^$"


async def prepare(
    amqp_admin_url: str,
    management_url: str,
    virtual_host: str,
    services: Sequence[str],
    reactions: Iterable[EventHandler],
    *,
    secret: str,
    askers: Sequence[str] = (GATEWAY,),
    waits_ms: Mapping[str, int] | None = None,
) -> dict[str, str]:
    """Declare everything in one step and answer the AMQP URL of each service and of those who only ask.

    Idempotent; passwords follow from `secret`. Raises TopologyError when something existing differs.
    """
    async with topology.management(management_url) as api:
        await _put(api, f"/api/vhosts/{quote(virtual_host, safe='')}", {"default_queue_type": "classic"})
        await _allow_admin(api, virtual_host, management_url)
    await topology.set_policies(management_url, virtual_host, services, dict(waits_ms or {}))
    asked = questions_to(services, askers)
    await topology.declare(in_virtual_host(amqp_admin_url, virtual_host), reactions, services, asked)
    async with topology.management(management_url) as api:  # RabbitMQ 4.3 has no permission for an exchange to come
        return {s: await _user(api, virtual_host, s, amqp_admin_url, secret) for s in (*services, *askers)}


async def remove(management_url: str, virtual_host: str) -> None:
    """Delete a virtual host with everything in it."""
    async with topology.management(management_url) as api:
        await api.delete(f"/api/vhosts/{quote(virtual_host, safe='')}")


def in_virtual_host(url: str, virtual_host: str, user: str = "", user_password: str = "") -> str:
    """The same broker, another virtual host and, if given, another user."""
    parts = urlsplit(url)
    who = f"{user}:{quote(user_password, safe='')}" if user else f"{parts.username}:{parts.password}"
    return f"{parts.scheme}://{who}@{parts.hostname}:{parts.port or 5672}/{quote(virtual_host, safe='')}"


async def _user(api: httpx.AsyncClient, virtual_host: str, service: str, amqp_url: str, secret: str) -> str:
    """A user who reads its own queues, publishes under its own name and asks through its own exchange."""
    user = f"{service}@{virtual_host}".replace("/", "main")
    own_password = password(secret, user)
    place = quote(virtual_host, safe="")
    await _put(api, f"/api/users/{user}", {"password": own_password, "tags": ""})
    own = service.replace("-", "[-]")
    await _put(api, f"/api/permissions/{place}/{user}", _permissions(service, own))
    events = {"exchange": topology.EVENTS, "write": NOTHING if service == GATEWAY else f"^{own}[.]", "read": NOTHING}
    await _put(api, f"/api/topic-permissions/{place}/{user}", events)
    return in_virtual_host(amqp_url, virtual_host, quote(user, safe=""), own_password)


def questions_to(services: Sequence[str], askers: Sequence[str] = (GATEWAY,)) -> list[Question]:
    """What these services are asked in this release: by each other, by those who only ask, by operators."""
    published()  # imports every contract
    return questions(requests(), (*services, *askers), services)


def _permissions(service: str, own: str) -> dict[str, str]:
    """The gateway asks and does nothing else; whoever answers needs the default exchange for the replies."""
    if service == GATEWAY:
        return {"configure": NOTHING, "write": f"^{own}[.]asks$", "read": NOTHING}
    return {
        "configure": f"^{own}[.]requests$",
        "write": f"^(lethe[.]events|lethe[.]retry[.].*|amq[.]default|{own}[.](asks|requests))$",
        "read": f"^{own}[.].*$",
    }


async def _allow_admin(api: httpx.AsyncClient, virtual_host: str, management_url: str) -> None:
    user = urlsplit(management_url).username
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    await _put(api, f"/api/permissions/{quote(virtual_host, safe='')}/{user}", everything)


async def _put(api: httpx.AsyncClient, path: str, body: dict[str, str]) -> None:
    answer = await api.put(path, json=body)
    answer.raise_for_status()
