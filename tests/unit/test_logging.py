"""Promise 9: whatever is put into a log line, no value that a person typed comes out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import EmailStr, Field, ValidationError

from shared.contracts.message import Message
from shared.messaging.consumer import reason_of
from shared.messaging.faults import Rejected
from shared.observability import TEXT_KEYS, keep_personal_values_out, what_failed

CANARY = "Kanarkowska"
PROJECT = Path(__file__).parents[2]

# What a careless line could hold: the values end up nowhere, numbers and ids stay.
PROGRAM = f"""
import asyncio, datetime, decimal, logging, enum, sys, uuid, warnings
import asyncpg, structlog
from shared.contracts.message import Message
from shared.observability import log, set_up_logging, what_failed
from shared.tracing import work

set_up_logging("sample")
class Person(Message):
    email: str
class Text(str): ...
person = Person(email="{CANARY}")
structlog.contextvars.bind_contextvars(who="{CANARY}")
log.info("line", name="{CANARY}", people=3, ok=True, who=uuid.UUID(int=1), share=0.5, none=None)
log.info("line", detail=["{CANARY}"], row={{"name": "{CANARY}"}}, pair=("{CANARY}",), person=person)
log.info("line", raw=b"{CANARY}", text=Text("{CANARY}"), birth=datetime.date(1980, 1, 1), sum=decimal.Decimal("12.5"))
log.bind(customer="{CANARY}").warning("line")
with work("work", "00-{32 * "1"}-{16 * "2"}-00"):
    log.info("traced", trace_id="{CANARY}")
error = asyncpg.UniqueViolationError("Key (email)=({CANARY}) already exists.")
error.detail = "Key (email)=({CANARY}) already exists."
error.constraint_name = "account_email_key"
log.error("line", **what_failed(error))
log.error("line", error=error, exc_info=error)
try:
    raise ValueError("{CANARY}")
except ValueError:
    log.exception("line")
    logging.getLogger("anything").exception("{CANARY}")
    logging.getLogger("aio_pika").error("{CANARY}")
async def forgotten():
    raise ValueError("{CANARY}")
async def main():
    asyncio.create_task(forgotten())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(main())
raise asyncpg.UniqueViolationError("Key (email)=({CANARY}) already exists.")
"""


@pytest.fixture(scope="module")
def output() -> subprocess.CompletedProcess[str]:
    """What a process of ours leaves on its outputs, up to its crash."""
    argv = [sys.executable, "-c", PROGRAM]
    return subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)


def lines(output: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.stdout.splitlines()]


def test_no_value_reaches_an_output(output: subprocess.CompletedProcess[str]) -> None:
    assert CANARY not in output.stdout + output.stderr
    told = json.dumps([line | {"timestamp": ""} for line in lines(output)])  # whose digits may be any
    assert "1980" not in told
    assert "12.5" not in told


def test_what_is_harmless_stays(output: subprocess.CompletedProcess[str]) -> None:
    first = lines(output)[0]
    assert {key: first[key] for key in ("event", "service", "level", "people", "ok", "share", "none")} == {
        "event": "line",
        "service": "sample",
        "level": "info",
        "people": 3,
        "ok": True,
        "share": 0.5,
        "none": None,
    }
    assert first["name"] == "<str>"
    assert any(line.get("constraint") == "account_email_key" for line in lines(output))


def test_a_line_says_of_which_trace_it_is(output: subprocess.CompletedProcess[str]) -> None:
    assert [line["trace_id"] for line in lines(output) if line["event"] == "traced"] == [32 * "1"]


def test_a_crash_says_where_and_what_but_not_with_what(output: subprocess.CompletedProcess[str]) -> None:
    assert output.returncode == 1
    last = lines(output)[-1]
    assert (last["event"], last["level"]) == ("crashed", "critical")
    assert (last["exception"], last["sqlstate"]) == ("UniqueViolationError", "23505")
    assert last["step"].endswith("in <module>")


@pytest.mark.parametrize("key", ["email", "name", "detail", "message", "body", "subject", "ip", "title", "error"])
def test_only_fixed_words_may_be_text(key: str) -> None:
    assert key not in TEXT_KEYS
    assert keep_personal_values_out(None, "info", {key: CANARY}) == {key: "<str>"}


def test_an_error_is_told_without_its_values() -> None:
    error = asyncpg.CheckViolationError(f"Failing row contains ({CANARY})")
    assert CANARY not in str(what_failed(error))
    assert what_failed(ValueError(CANARY))["exception"] == "ValueError"


class SignUp(Message):
    email: EmailStr
    age: int = Field(ge=18)


def test_the_reason_of_a_dead_letter_names_fields_only() -> None:
    with pytest.raises(ValidationError) as broken:
        SignUp.model_validate({"email": f"{CANARY}@", "age": CANARY})
    assert reason_of(broken.value) == "contract broken in: age, email"
    assert CANARY not in str(broken.value)
    assert reason_of(Rejected("fixed words")) == "fixed words"
    assert reason_of(ValueError(CANARY)) == "permanent fault"
