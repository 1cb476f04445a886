"""An AsyncAPI 3.0 document of all events and requests, for those who join from another language."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shared.contracts.message import ANY_SERVICE, Event, Message, Request
from shared.messaging.request_client import ASSERTION, DEADLINE, IDEMPOTENCY_KEY, PRINCIPAL
from shared.messaging.router import EventHandler
from shared.messaging.topology import EVENTS, asks
from shared.problems import Problem

Document = dict[str, Any]

DESCRIPTION = (
    "Events say what happened; they are published persistently, mandatorily and confirmed to the topic exchange"
    f" `{EVENTS}`, with the type as routing key, and carry ids, never personal values. Delivery is at least once"
    " and in no order: remember the message id together with the effect. Requests go to the direct exchange"
    f" `{asks('<asker>')}` of the account that asks, with the type as routing key, transient, mandatory and with a"
    " deadline; what the account may not ask comes back as unroutable. The reply"
    " (or a problem after RFC 9457, message type `problem`) comes to `amq.rabbitmq.reply-to`. What members or staff"
    f" ask carries identity's assertion in the header `{ASSERTION}`: it says who is acting, the body does not."
    " Attributes of CloudEvents: message_id is id, type is type, app_id is"
    " source, timestamp is time; subject, specversion, dataschema and traceparent are headers. An event's user_id is"
    " the account that publishes it, `<service>@<virtual host>`: the broker refuses a false one, and a receiver gives"
    " up an event whose account is not that of its type's owner. A request needs the user_id, too: it is answered 403"
    " when its contract does not name the account."
)
EVENT_HEADERS = {
    "type": "object",
    "properties": {
        "specversion": {"const": "1.0"},
        "dataschema": {"type": "string", "description": "urn:lethe:<type>"},
        "subject": {"type": "string", "format": "uuid", "description": "the person, if it is about one"},
        "traceparent": {"type": "string", "description": "W3C trace context"},
    },
    "required": ["specversion", "dataschema"],
}
REQUEST_HEADERS = {
    "type": "object",
    "properties": {
        DEADLINE: {"type": "integer", "description": "milliseconds of Unix time; later it is not worked on"},
        IDEMPOTENCY_KEY: {"type": "string", "description": "for what must not happen twice"},
        ASSERTION: {"type": "string", "description": "identity's JWT on who is acting; for what a member or staff ask"},
        PRINCIPAL: {"type": "string", "description": "whose key it is"},
        "traceparent": {"type": "string", "description": "W3C trace context"},
    },
    "required": [DEADLINE],
}


def asyncapi(contracts: Sequence[type[Event] | type[Request[Any]]], reactions: Iterable[EventHandler]) -> Document:
    """The document; who reacts to an event comes from the routers."""
    events = [c for c in contracts if issubclass(c, Event)]
    requests = [c for c in contracts if issubclass(c, Request)]
    schemas: dict[str, Any] = {}
    messages = {_id(c.type): _message(c, EVENT_HEADERS, schemas) for c in events}
    messages |= {_id(c.type): _message(c, REQUEST_HEADERS, schemas) for c in requests}
    messages |= {f"{_id(c.type)}-reply": _reply(c, schemas) for c in requests}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Lethe", "version": "1", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": dict((*map(_event_channel, events), *_request_channels(requests))),
        "operations": dict((*_published(events), *_reacting(events, reactions), *_answered(requests))),
        "components": {"messages": messages, "schemas": schemas},
    }


def _id(message_type: str) -> str:
    return message_type.replace("*", "any", 1)


def _message(contract: type[Event] | type[Request[Any]], headers: Document, schemas: dict[str, Any]) -> Document:
    return {
        "name": contract.type,
        "summary": (contract.__doc__ or "").strip(),
        "contentType": "application/json",
        "headers": headers,
        "payload": _schema(contract, f"{contract.owner}.", schemas),
    }


def _reply(contract: type[Request[Any]], schemas: dict[str, Any]) -> Document:
    replies = [_schema(reply, f"{contract.owner}.", schemas) for reply in (contract.reply, Problem)]
    return {"name": f"reply to {contract.type}", "payload": {"oneOf": replies}, "contentType": "application/json"}


def _schema(model: type[Message], prefix: str, schemas: dict[str, Any]) -> Document:
    """A reference to the model's schema, which is put among the others under its owner's name."""
    template = f"#/components/schemas/{prefix}{{model}}"
    schema = model.model_json_schema(ref_template=template)
    for name, part in schema.pop("$defs", {}).items():
        schemas[f"{prefix}{name}"] = part
    schemas.setdefault(f"{prefix}{model.__name__}", schema)
    return {"$ref": f"#/components/schemas/{prefix}{model.__name__}"}


def _event_channel(contract: type[Event]) -> tuple[str, Document]:
    name = _id(contract.type)
    exchange = {"name": EVENTS, "type": "topic", "durable": True}
    channel = {
        "address": contract.type.replace("*", "{service}", 1),
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }
    if "*" in contract.type:
        channel["parameters"] = {"service": {"description": "who speaks: each participant under its own name"}}
    return name, channel


def _request_channels(requests: Sequence[type[Request[Any]]]) -> Iterator[tuple[str, Document]]:
    for owner in sorted({request.owner for request in requests}):
        names = [_id(request.type) for request in requests if request.owner == owner]
        exchange = {"name": asks("<asker>"), "type": "direct", "durable": True}
        messages = {name: {"$ref": f"#/components/messages/{name}"} for name in names}
        bindings = {"amqp": {"is": "routingKey", "exchange": exchange}}
        parameters = {"request": {"description": "which of the owner's requests, with its version"}}
        if owner == ANY_SERVICE:
            parameters["service"] = {"description": "who is asked: each participant answers under its own name"}
        place = {"address": f"{owner.replace(ANY_SERVICE, '{service}')}.{{request}}", "parameters": parameters}
        yield f"{_id(owner)}.requests", place | {"messages": messages, "bindings": bindings}
        answers = {name: {"$ref": f"#/components/messages/{name}-reply"} for name in names}
        yield f"{_id(owner)}.replies", {"address": None, "messages": answers}


def _published(events: Sequence[type[Event]]) -> Iterator[tuple[str, Document]]:
    for event in events:
        name = _id(event.type)
        yield f"publish {name}", _operation("send", name, [name], f"published by {event.type.partition('.')[0]}", event)


def _reacting(events: Sequence[type[Event]], reactions: Iterable[EventHandler]) -> Iterator[tuple[str, Document]]:
    known = {event.type for event in events}
    for reaction in reactions:
        if reaction.contract.type in known:
            name = _id(reaction.contract.type)
            about = f"{(reaction.handler.__doc__ or '').strip()} Queue: {reaction.queue}."
            yield reaction.queue, _operation("receive", name, [name], about, reaction.contract)


def _who(request: type[Request[Any]]) -> str:
    owner = request.owner.replace(ANY_SERVICE, "every participant")
    return f"answered by {owner}, asked by {', '.join(request.askers)}"


def _answered(requests: Sequence[type[Request[Any]]]) -> Iterator[tuple[str, Document]]:
    for request in requests:
        name, channel = _id(request.type), f"{_id(request.owner)}.requests"
        operation = _operation("receive", channel, [name], _who(request), request)
        replies = f"{_id(request.owner)}.replies"
        operation["reply"] = {
            "channel": {"$ref": f"#/channels/{replies}"},
            "messages": [{"$ref": f"#/channels/{replies}/messages/{name}"}],
        }
        yield f"answer {name}", operation


def _operation(
    action: str, channel: str, messages: Sequence[str], summary: str, contract: type[Event] | type[Request[Any]]
) -> Document:
    return {
        "action": action,
        "summary": summary,
        "description": inspect.getdoc(contract) or "",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"} for message in messages],
    }
