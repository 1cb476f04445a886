"""What linters of OpenAPI documents ask for, of the document that is served."""

from typing import Any

import pytest

from services.gateway.app import build
from services.gateway.openapi import METHODS, TAGS
from services.gateway.settings import GatewaySettings
from shared.messaging.request_client import RequestClient

AMQP = "amqp://guest@127.0.0.1:1"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    settings = GatewaySettings.model_validate({"amqp_url": AMQP, "public_url": "https://shop.example/"})
    return build(settings, RequestClient(AMQP, "test")).openapi()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method} {path}": item[method]
        for path, item in document["paths"].items()
        for method in sorted(METHODS & item.keys())
    }


def test_every_tag_is_declared_and_every_declared_tag_used(document: dict[str, Any]) -> None:
    used = [tag for operation in operations(document).values() for tag in operation["tags"]]
    assert set(used) == TAGS.keys()
    assert document["tags"] == [{"name": name, "description": about} for name, about in TAGS.items()]


def test_every_operation_says_whether_it_needs_a_session(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"].keys()
    for name, operation in operations(document).items():
        assert operation["security"] in ([], [{"session": []}]), name
        assert {scheme for need in operation["security"] for scheme in need} <= schemes
    needing = {name for name, operation in operations(document).items() if operation["security"]}
    assert {"get /me", "post /orders", "delete /sessions/current"} <= needing
    assert not {"post /sessions", "get /privacy-notice", "post /privacy-requests"} & needing


def test_it_names_its_server_and_describes_each_operation(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "https://shop.example"}]
    for name, operation in operations(document).items():
        assert operation["summary"], name
        assert operation["description"], name
        assert any(status.startswith("2") for status in operation["responses"]), name
        assert {"400", "422", "429", "503"} <= operation["responses"].keys(), name
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(ids) == len(set(ids))
