"""Forms that browsers and mail programs send: few short fields, read by Starlette within limits."""

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from shared.problems import refuse

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MAX_BYTES = 4096
MAX_FIELDS = 20
LONGEST_CONTENT_TYPE = 256  # a boundary has 70 characters at most (RFC 2046 section 5.1.1)


async def form_fields(request: Request, *media_types: str, otherwise: str = "") -> set[tuple[str, str]]:
    """The text fields of a form; none of one that can't be read.

    Raises Refused: 413, and 415 for another media type unless it is to be read as `otherwise`.
    """
    if len(await request.body()) > MAX_BYTES:
        raise refuse(413, "the body is too large", message=f"at most {MAX_BYTES} bytes")
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in media_types or len(content_type) > LONGEST_CONTENT_TYPE:
        if not otherwise:
            raise refuse(415, "the body must be a form")
        return _pairs(await request.body())
    try:
        async with request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_BYTES) as form:
            return {(name, value) for name, value in form.multi_items() if isinstance(value, str)}
    except (HTTPException, UnicodeError):  # not parsed, or not in the charset that it names
        return set()


def _pairs(body: bytes) -> set[tuple[str, str]]:
    try:
        return set(parse_qsl(body.decode(errors="replace").strip(), max_num_fields=MAX_FIELDS))
    except ValueError:  # too many fields
        return set()
