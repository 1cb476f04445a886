"""The published language: complete, checked in, without personal values in events, and never broken."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from deploy.asyncapi import asyncapi
from deploy.commands import app, contracts
from deploy.local.system import SERVICES, service
from shared.contracts import licensing, privacy
from shared.contracts.message import ANY_SERVICE, REGISTRY, Created, Event, Late, Request, requests
from shared.contracts.schemas import breaking, checked_in, differing, documents, file_name, published, text
from tests.sample import contracts as sample

CONTRACTS = published()
EVENTS = [contract for contract in CONTRACTS if issubclass(contract, Event)]
REQUESTS = [contract for contract in CONTRACTS if issubclass(contract, Request)]


def named(contract: type[Event] | type[Request[Any]]) -> str:
    return contract.type


def test_no_published_contract_is_broken() -> None:
    assert breaking(checked_in(), documents()) == [], "make it a new type beside the old one"


def test_the_checked_in_schemas_are_those_of_the_contracts() -> None:
    assert differing(checked_in(), documents()) == [], "run ./lethe contracts write"


@pytest.mark.parametrize("contract", EVENTS, ids=named)
def test_an_event_is_named_by_its_owner_with_its_version(contract: type[Event]) -> None:
    assert re.fullmatch(r"(\*|[a-z]+)\.[a-z]+(-[a-z]+)*\.v[1-9]\d*", contract.type)
    assert contract.type.partition(".")[0] in (contract.owner, "*")
    assert contract.late in get_args(Late)
    assert contract.__doc__


AGREES = re.compile("accept|agree|allow|consent|given|knows|marketing|newsletter|statistics|text_version|wants")


def test_example_19_no_box_is_ticked_before_somebody_ticks_it() -> None:
    """GDPR Art. 4(11), 7(2), C-673/17: silence agrees to nothing."""
    fields = [(request.type, name, field) for request in REQUESTS for name, field in request.model_fields.items()]
    assert [(type_, name) for type_, name, field in fields if AGREES.search(name) and field.default is True] == []


def test_example_19_an_order_asks_for_no_consent() -> None:
    """GDPR Art. 7(4), PKE art. 398: what a buyer must say is of the contract alone, and consents are given apart."""
    said = {name for name in licensing.PlaceOrder.model_fields if AGREES.search(name)}
    assert said == {"accepts_terms", "wants_immediate_delivery", "knows_withdrawal_lapses"}
    assert {"subject_id", "purpose", "given"} <= privacy.ChooseConsent.model_fields.keys()
    assert privacy.ChooseConsent.model_fields["given"].is_required()


@pytest.mark.parametrize("contract", REQUESTS, ids=named)
def test_a_request_is_named_by_its_owner_and_bounded(contract: type[Request[Any]]) -> None:
    """Every text has a longest length or a pattern, every number bounds: nobody stores what nobody limited."""
    assert re.fullmatch(r"(\*|[a-z]+)\.[a-z]+(-[a-z]+)*", contract.type)
    places = ("participants", "trace_search") if contract.owner == ANY_SERVICE else (f"{contract.owner}.",)
    assert contract.__module__.startswith(tuple(f"shared.contracts.{place}" for place in places))
    assert contract.__doc__
    unbounded = [path for path, schema in fields(contract.model_json_schema()) if not bounded(schema)]
    assert unbounded == []


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every plain field of a schema, through references, lists and alternatives."""
    definitions = schema.get("$defs", {})

    def walk(part: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        part = definitions[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        for one in part.get("anyOf", []):
            yield from walk(one, path)
        for name, one in part.get("properties", {}).items():
            yield from walk(one, f"{path}.{name}".strip("."))
        if isinstance(part.get("items"), dict):
            yield from walk(part["items"], f"{path}[]")
        if part.get("type") in ("string", "integer", "number", "array"):
            yield path, part

    return walk(schema, "")


def bounded(schema: dict[str, Any]) -> bool:
    if "enum" in schema or "const" in schema:
        return True
    if schema["type"] == "string":
        return bool({"maxLength", "pattern", "format"} & schema.keys())
    if schema["type"] == "array":
        return "maxItems" in schema
    return bool({"maximum", "exclusiveMaximum"} & schema.keys())


# What a field of an event may be called in its last word; a text that a person typed has none of these names.
PERSONAL = ("email", "name", "phone", "street", "city", "address", "text", "nip", "ip", "birth", "note", "message")
# Names of things, not of people.
OF_THINGS = {("*.data-map-announced.v1", "tables[].name"), ("*.data-map-announced.v1", "tables[].columns[].name")}


def test_circumstances_are_fields_of_what_must_not_happen_twice() -> None:
    named_ones = {contract.type: contract for contract in requests() if contract.circumstances}
    assert {"licensing.place-order"} <= set(named_ones)
    for contract in named_ones.values():
        assert set(contract.circumstances) <= set(contract.model_fields), contract.type
        assert contract.reply is Created, contract.type


@pytest.mark.parametrize("contract", EVENTS, ids=named)
def test_an_event_has_no_field_for_a_personal_value(contract: type[Event]) -> None:
    """Promise 9: an event rests in queues and dead letters, so it carries ids."""
    paths = [
        path
        for path, schema in fields(contract.model_json_schema())
        if schema.get("format") == "email" or re.split(r"[._\[\]]+", path.rstrip("[]"))[-1] in PERSONAL
    ]
    assert {(contract.type, path) for path in paths} <= OF_THINGS


CANARY = "Kanarkowska"


@pytest.mark.parametrize("contract", CONTRACTS, ids=named)
def test_what_a_contract_refuses_is_not_in_its_error(contract: type[Event] | type[Request[Any]]) -> None:
    for wrong in (CANARY, {CANARY: CANARY}, [CANARY] * 2000):
        body = json.dumps(dict.fromkeys(contract.model_fields, wrong) | {"x": CANARY})
        try:
            contract.model_validate_json(body)
        except ValidationError as error:
            assert CANARY not in re.sub(rf"(facts|about)\.{CANARY}", "", str(error))  # noqa: PT017


@pytest.mark.parametrize("contract", CONTRACTS, ids=named)
def test_messages_are_frozen_and_ignore_what_they_do_not_know(contract: type[Event] | type[Request[Any]]) -> None:
    assert contract.model_config.get("frozen") is True
    assert contract.model_config.get("extra") == "ignore"


def test_a_contract_beside_the_published_ones_has_its_owner_too() -> None:
    """The sample's contracts are no part of the published language and yet whole."""
    assert sample.ThingNoted.owner == sample.NoteThing.owner == "sample"
    assert sample.ThingNoted.type in REGISTRY
    assert sample.ThingNoted not in CONTRACTS
    every = REGISTRY["*.erasure-reported.v1"]
    assert every.owner == "privacy", "what every participant says is privacy's"


def test_a_type_belongs_to_one_contract() -> None:
    with pytest.raises(TypeError, match="declared twice"):

        class Twin(Event, type="sample.thing-noted.v1"):
            """Another one."""


def test_every_request_is_answered_by_its_owner() -> None:
    answered = {answer for name in SERVICES for answer in service(name).complete_router().request_handlers}
    participants = [name for name in SERVICES if service(name).takes_orders]
    owners = {request: participants if request.owner == ANY_SERVICE else [request.owner] for request in REQUESTS}
    assert answered == {request.type_to(name) for request, names in owners.items() for name in names}
    for name in SERVICES:
        assert {a.partition(".")[0] for a in service(name).complete_router().request_handlers} <= {name}


def test_the_asyncapi_document_holds_together() -> None:
    """Every reference leads somewhere; every event has a channel, every reaction an operation."""
    reactions = [reaction for name in SERVICES for reaction in service(name).complete_router().event_handlers]
    document = json.loads(json.dumps(asyncapi(CONTRACTS, reactions)))
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        target = document
        for step in reference.split("/"):
            target = target[step]
        assert target
    assert {reaction.queue for reaction in reactions} <= document["operations"].keys()
    assert {file_name(event.type).removesuffix(".json") for event in EVENTS} <= document["channels"].keys()
    assert [name for name, operation in document["operations"].items() if not operation["description"]] == []
    assert len(document["components"]["messages"]) == len(EVENTS) + 2 * len(REQUESTS)


async def test_the_command_checks_writes_and_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, document in documents().items():
        (tmp_path / name).write_text(text(document))
    monkeypatch.setattr(contracts, "FOLDER", tmp_path)
    monkeypatch.setattr(contracts, "checked_in", lambda: checked_in(tmp_path))

    async def lethe(*words: str) -> tuple[int, str]:
        answer = await asyncio.to_thread(CliRunner().invoke, app, ["contracts", *words])
        return answer.exit_code, answer.output

    assert (await lethe("check"))[0] == 0
    gone = tmp_path / "sample.gone.v1.json"
    gone.write_text('{"type": "sample.gone.v1", "late": "dropped", "message": {}}')
    event = tmp_path / file_name("privacy.erasure-fulfilled.v1")
    older = event.read_text().replace('"order_id"', '"order_key"')
    event.write_text(older)
    code, said = await lethe("check")
    assert code == 1
    assert "sample.gone.v1: the type is gone" in said
    assert "privacy.erasure-fulfilled.v1: order_key is gone" in said
    assert (await lethe("write"))[0] == 1
    assert event.read_text() == older
    assert (await lethe("write", "--break"))[0] == 0
    assert not gone.exists()
    assert (await lethe("check"))[0] == 0
    assert json.loads((await lethe("asyncapi"))[1])["asyncapi"] == "3.0.0"
