"""Every error as a problem (RFC 9457) without values, and the same in the OpenAPI document."""

import copy
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from services.gateway.authentication import IDEMPOTENCY_KEY
from shared.observability import log
from shared.problems import FieldError, Problem, Refused, invalid

MEDIA_TYPE = "application/problem+json"
UNAVAILABLE_WAIT_S = 2
AUTHENTICATE = 'Bearer realm="lethe"'
NOT_AN_ERROR = 400


def response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """A problem as an answer; an owner's status that is none of HTTP's errors becomes 500."""
    status = problem.status if problem.status in HTTPStatus._value2member_map_ else 500
    if status < NOT_AN_ERROR:
        status = 500
    content = problem.model_copy(update={"status": status}).model_dump_json(exclude_defaults=True)
    return Response(content, status, _headers(status, problem.retry_after) | (headers or {}), MEDIA_TYPE)


def _headers(status: int, wait_s: int) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = AUTHENTICATE
    if wait_s or status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(wait_s or UNAVAILABLE_WAIT_S)
    return headers


def install(app: FastAPI) -> None:
    """Answer every exception with a problem; the middleware catches what has no handler."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 for the type
    return response(error.problem)


async def _invalid(_request: Request, error: Exception) -> Response:
    """A body, parameter or header that breaks its contract; the location starts with where it stands."""
    if isinstance(error, RequestValidationError):
        problem = invalid(error.errors(), outside=1)
        return response(NO_KEY if any(map(_no_key, error.errors())) else problem)
    assert isinstance(error, ValidationError)  # noqa: S101 for the type
    return response(invalid(error.errors(include_input=False, include_url=False)))


def _no_key(error: Mapping[str, Any]) -> bool:
    return error["loc"] == ("header", IDEMPOTENCY_KEY) and error["type"] in ("missing", "string_too_short")


NO_KEY = Problem(
    title="the Idempotency-Key header is missing",
    status=400,
    detail="choose a new key for each new request, and send it again with a repetition",
    errors=(FieldError(field=IDEMPOTENCY_KEY, message="this header is required"),),
)
"""400 and not 422: draft-ietf-httpapi-idempotency-key-header, on error scenarios."""


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 for the type
    status = HTTPStatus(error.status_code)
    headers = {"Allow": _allowed(request)} if status is HTTPStatus.METHOD_NOT_ALLOWED else None
    return response(Problem(title=status.phrase.lower(), status=status), headers)


def _allowed(request: Request) -> str:
    """The methods of every route with this path; the framework names those of the first."""
    scope, allowed = dict(request.scope), set()
    for method in METHODS:
        scope["method"] = method
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            allowed |= {method, "HEAD"} if method == "GET" else {method}
    return ", ".join(sorted(allowed))


METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def unforeseen() -> Response:
    """The answer to an exception that has no handler."""
    return response(Problem(title="the service failed", status=500, detail="it has been logged; try again later"))


# ── OpenAPI ─────────────────────────────────────────────────────────────────────────────────────

MAY_ANSWER_401: dict[int | str, dict[str, Any]] = {401: {}}
"""For a route without a session that may answer 401 all the same."""

REFUSALS = (400, 403, 404, 408, 409, 410, 413, 415, 422, 429, 500, 503)
WAITING = {"Retry-After": {"description": "seconds to wait", "schema": {"type": "integer"}}}
SIGN_IN = {"WWW-Authenticate": {"description": "how to sign in", "schema": {"type": "string"}}}
HEADERS = {401: SIGN_IN, 429: WAITING, 503: WAITING}


def describe(document: dict[str, Any]) -> None:
    """Add the refusals that every route shares to an OpenAPI document."""
    for path in document["paths"].values():
        for operation in path.values():
            may_answer_401 = operation.get("security") or "401" in operation["responses"]
            codes = (*REFUSALS, 401) if may_answer_401 else REFUSALS
            operation["responses"] |= {str(code): _refusal(code) for code in sorted(codes)}
    schemas = document["components"]["schemas"]
    schemas |= {"Problem": _schema(Problem), "FieldError": _schema(FieldError)}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)


def _refusal(code: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refusal: dict[str, Any] = {"description": HTTPStatus(code).phrase, "content": content}
    return refusal | ({"headers": copy.deepcopy(HEADERS[code])} if code in HEADERS else {})


def _schema(model: type[Problem] | type[FieldError]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


def report(error: BaseException, route: str, method: str) -> None:
    """Log an exception by its class: its text may hold values."""
    log.error("request failed", route=route, method=method, exception=type(error).__name__)
