"""Forms are read within limits, and a hostile one costs no more than a good one."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import Message

from services.gateway.forms import MAX_BYTES, MULTIPART, URLENCODED, form_fields
from shared.problems import Refused

APP = Starlette()
BOUNDARY = b"b" * 20
LIMIT_S = 0.5  # of CPU time; a parser whose time grows with the square of these bodies needs many times that


async def fields(content_type: str, body: bytes, *media_types: str) -> set[tuple[str, str]]:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    headers = [(b"content-type", content_type.encode("latin-1"))]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b"", "app": APP}

    async def receive() -> Message:
        return messages.pop()

    return await form_fields(Request(scope, receive), *(media_types or (URLENCODED, MULTIPART)))


def part(disposition: bytes, value: bytes = b"x") -> bytes:
    return b"--" + BOUNDARY + b"\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + value + b"\r\n"


async def test_both_kinds_of_forms_are_read() -> None:
    assert await fields(URLENCODED, b"a=1&b=%C5%82") == {("a", "1"), ("b", "ł")}
    body = part(b'form-data; name="a"', b"1") + part(b"form-data; name=b", b"2") + b"--" + BOUNDARY + b"--\r\n"
    for boundary in (BOUNDARY.decode(), f'"{BOUNDARY.decode()}"'):
        assert await fields(f"Multipart/Form-Data; boundary={boundary}", body) == {("a", "1"), ("b", "2")}


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (URLENCODED, b"a=" + b"x" * MAX_BYTES, 413),
        ("application/json", b"{}", 415),
        ("", b"a=1", 415),
        (f"{MULTIPART}; boundary=b{';' * 300}", b"a=1", 415),
    ],
)
async def test_what_is_no_short_form_is_refused(content_type: str, body: bytes, status: int) -> None:
    with pytest.raises(Refused) as refused:
        await fields(content_type, body)
    assert refused.value.problem.status == status


async def test_a_form_of_another_kind_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        await fields(f"{MULTIPART}; boundary=b", b"--b--", URLENCODED)
    assert refused.value.problem.status == 415


async def test_files_and_forms_of_many_fields_are_not_read() -> None:
    file = part(b'form-data; name="a"; filename="a.txt"') + b"--" + BOUNDARY + b"--\r\n"
    assert await fields(f"{MULTIPART}; boundary={BOUNDARY.decode()}", file) == set()
    assert await fields(URLENCODED, b"&".join([b"a=1"] * 500)) == set()


@given(body=st.binary(max_size=300), boundary=st.text(st.characters(max_codepoint=255), max_size=80))
async def test_whatever_is_sent_is_read_or_refused(body: bytes, boundary: str) -> None:
    for content_type in (URLENCODED, f"{MULTIPART}; boundary={boundary}"):
        with contextlib.suppress(Refused):
            await fields(content_type, body)


HOSTILE = {
    "one long parameter list": part(b"form-data; " + b"a;" * 2000),
    "one long quoted string": part(b'form-data; name="' + b'\\"' * 2000),
    "quotes that never close": part(b'form-data; name="' + b'";"' * 1300),
    "many parts": b"".join([part(b"form-data; name=a", b"")] * 59),
    "many headers": b"--" + BOUNDARY + b"\r\n" + b"a: b\r\n" * 650,
    "almost the boundary": part(b"form-data; name=a", (b"\r\n--" + BOUNDARY[:-1]) * 160),
    "almost boundaries, one byte each": part(b"form-data; name=a", b"\r\n-" * 1300),
}


@pytest.mark.parametrize("charset", ["", "; charset=punycode", "; charset=idna", "; charset=zlib", "; charset=utf-7"])
@pytest.mark.parametrize("case", HOSTILE)
async def test_a_hostile_multipart_form_is_cheap(case: str, charset: str) -> None:
    body = HOSTILE[case]
    assert len(body) <= MAX_BYTES
    started = time.process_time()
    for _ in range(10):
        await fields(f"{MULTIPART}; boundary={BOUNDARY.decode()}{charset}", body)
    assert time.process_time() - started < 10 * LIMIT_S / 10
