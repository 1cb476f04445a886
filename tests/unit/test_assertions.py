"""Identity's word on who is acting: believed for a minute, by its own keys, and nothing else is."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest

from shared.assertions import ALGORITHM, Signer, Verifier, new_signing_key
from shared.clock import now
from shared.contracts.actors import Actor
from shared.problems import Refused

FIRST, SECOND = (Signer.of(new_signing_key()), Signer.of("2" + new_signing_key()[1:]))
BOTH = Verifier.of(f"{SECOND.public},{FIRST.public}")
ACTOR = Actor(uuid4(), "staff", now().replace(microsecond=250_000), ("finance", "officer"), second_factor=True)


def test_what_identity_says_is_read_as_it_was_said() -> None:
    """By both keys during a rotation; afterwards the old one says nothing any more."""
    assert [BOTH.actor(signer.sign(ACTOR)) for signer in (FIRST, SECOND)] == [ACTOR, ACTOR]
    with pytest.raises(Refused):
        Verifier.of(SECOND.public).actor(FIRST.sign(ACTOR))


def claims(**changed: Any) -> dict[str, Any]:
    said = jwt.decode(FIRST.sign(ACTOR), options={"verify_signature": False})
    return {name: value for name, value in (said | changed).items() if value is not None}


def signed(by: Signer = FIRST, kid: str = "1", **changed: Any) -> str:
    return jwt.encode(claims(**changed), by.key, ALGORITHM, headers={"kid": kid})


def unsigned() -> str:
    return jwt.encode(claims(), "", "none", headers={"kid": "1"})


def by_the_public_key() -> str:
    """HMAC with the public key as its secret, which a careless verifier takes."""
    secret = base64.urlsafe_b64decode(FIRST.public.partition(":")[2] + "=")
    return jwt.encode(claims(), secret, "HS256", headers={"kid": "1"})


def altered() -> str:
    head, _, signature = FIRST.sign(ACTOR).split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(sub=str(uuid4()))).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


@pytest.mark.parametrize(
    "said",
    [
        unsigned,
        by_the_public_key,
        altered,
        lambda: signed(Signer.of(new_signing_key())),  # somebody else's key under the known id
        lambda: signed(SECOND, "1"),
        lambda: signed(kid="3"),
        lambda: signed(iss="licensing"),
        lambda: signed(aud="another house"),
        lambda: signed(kind="service"),
        lambda: signed(sub="nobody"),
        lambda: signed(sub=None),
        lambda: signed(exp=None),
        lambda: signed(auth_time=None),
        lambda: signed(auth_time="yesterday"),
        lambda: signed(roles=None),
        lambda: "",
        lambda: "a.b.c",
        lambda: "x" * 100_000,
    ],
)
def test_what_identity_did_not_say_is_not_believed(said: Callable[[], str]) -> None:
    with pytest.raises(Refused) as refused:
        BOTH.actor(said())
    assert refused.value.problem.status == 401


@pytest.mark.parametrize(("age_s", "good"), [(0, True), (58, True), (70, False), (3600, False)])
def test_an_assertion_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch, age_s: float, good: bool) -> None:
    monkeypatch.setattr("shared.assertions.now", lambda: now() - timedelta(seconds=age_s))
    said = FIRST.sign(ACTOR)
    if good:
        assert BOTH.actor(said) == ACTOR
    else:
        with pytest.raises(Refused):
            BOTH.actor(said)


def test_what_was_believed_before_is_believed_no_longer_than_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature is looked at once; its time is looked at each time."""
    said = FIRST.sign(ACTOR)
    assert BOTH.actor(said) == BOTH.actor(said) == ACTOR
    monkeypatch.setattr("shared.assertions.now", lambda: now() + timedelta(seconds=70))
    with pytest.raises(Refused):
        BOTH.actor(said)


def test_a_role_that_is_none_is_left_out() -> None:
    assert BOTH.actor(signed(roles=["finance", "root"])).roles == ("finance",)


@pytest.mark.parametrize("setting", ["", "1", "1:short", FIRST.public + ",", f"{FIRST.public},{FIRST.public}"])
def test_keys_that_are_none_are_refused(setting: str) -> None:
    three = ",".join(f"{number}{FIRST.public[1:]}" for number in (1, 2, 3))
    for keys in (setting, three):
        with pytest.raises(ValueError, match="keys are written as"):
            Verifier.of(keys)
    with pytest.raises(ValueError, match="keys are written as"):
        Signer.of(setting)
