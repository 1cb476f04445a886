"""What programs believe without a network: keys, license files, signed answers, the verifiers of docs/."""

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.licensing.licenses import keys as license_keys
from services.licensing.licenses.rules import GRACE
from services.licensing.settings import LicensingSettings
from services.licensing.signing import device_requests, statements
from services.licensing.signing.keys import SigningKeys, thumbprint
from services.licensing.signing.statements import Bound, Licensed
from shared.problems import Refused
from shared.secrets import Keyring
from shared.settings import what_is_wrong
from tests.unit.licensing.data import NOON
from tests.verifiers import FOLDER, Case, Verdict, by_node, by_python

KEY = license_keys.new_key()
FINGERPRINT, NONCE = "cpu-1|disk-7|żółw", "n-20260615"
KEYRING = Keyring("licensing", f"1:{'o' * 32}")
SIGNER = SigningKeys.of("", KEYRING)
DAY = 86_400.0
AT = NOON.timestamp()
ENDS = NOON + timedelta(days=365)
LICENSED = Licensed("VALID", "auditor-year", "pro", ("audit", "export"), ENDS, ENDS)
VERIFIERS: list[Callable[[list[Case]], list[Verdict]]] = [by_python, by_node]
both = pytest.mark.parametrize("verify", VERIFIERS)


def published(*signers: SigningKeys) -> dict[str, Any]:
    return {"keys": [key for signer in signers for key in signer.published.model_dump()["keys"]]}


def signed(signer: SigningKeys = SIGNER, **changed: Any) -> str:
    """A statement on the device, fresh for 30 days and usable for 37."""
    bound = Bound(license_keys.key_hash(KEY), license_keys.device_hash(KEY, FINGERPRINT), NONCE)
    until = statements.terms(NOON, timedelta(days=30), timedelta(days=7), ENDS, GRACE)
    return signer.sign(statements.statement(bound, LICENSED, NOON, until) | changed)


FILE = statements.armored(signed())


PUBLISHED = published(SIGNER)


def case(text: str = FILE, **changed: Any) -> Case:
    """The file on its device, a minute later."""
    at: dict[str, Any] = {"keys": PUBLISHED, "key": KEY, "fingerprint": FINGERPRINT, "nonce": NONCE}
    return (text, *(at | {"newest": AT, "now": AT + 60} | changed).values())


def new_setting() -> str:
    return secrets.token_urlsafe(32)


def _crossed() -> str:
    """What one statement says, with the signature of another."""
    return f"{signed().rpartition('.')[0]}.{signed(nonce='x').rpartition('.')[2]}"


OTHER = SigningKeys.of(new_setting(), KEYRING)
IMPOSTOR = {"keys": [published(OTHER)["keys"][0] | {"kid": SIGNER.published.keys[0].kid}]}
REFUSED: dict[str, tuple[Case, str]] = {
    "another fingerprint": (case(fingerprint="cpu-2"), "other_device"),
    "another key": (case(key=license_keys.new_key()), "other_device"),
    "an answer for no device": (case(signed(device="")), "other_device"),
    "another nonce": (case(nonce="n-20260616"), "old_nonce"),
    "no nonce": (case(nonce=""), "old_nonce"),
    "its end": (case(now=AT + 37 * DAY), "expired"),
    "its end by the newest time alone": (case(newest=AT + 37 * DAY, now=AT + 37 * DAY - 100), "expired"),
    "behind what was seen": (case(newest=AT + 2 * DAY, now=AT + DAY), "clock_set_back"),
    "before it was made": (case(newest=0, now=AT - 301), "clock_set_back"),
    "no keys": (case(keys={"keys": []}), "unknown_key"),
    "another installation's": (case(signed(OTHER)), "unknown_key"),
    "another key under the known id": (case(keys=IMPOSTOR), "bad_signature"),
    "a license that was suspended": (case(signed(code="SUSPENDED")), "suspended"),
    "a refusal at the moment it was made": (case(signed(code="EXPIRED"), now=AT), "expired"),
    "nothing": (case(""), "bad_signature"),
    "an empty file": (case("-----BEGIN LETHE LICENSE-----\n-----END LETHE LICENSE-----\n"), "bad_signature"),
    "two files": (case(FILE + FILE), "bad_signature"),
    "a header that is very deep": (case(f"{'W1tb' * 40_000}.e30.{'A' * 86}"), "bad_signature"),
    "the signature of another": (case(_crossed()), "bad_signature"),
}
ACCEPTED = {
    "at once": case(),
    "a second before its end": case(now=AT + 37 * DAY - 1),
    "a clock that was set right": case(newest=AT + 300, now=AT),
    "line ends of Windows": case(FILE.replace("\n", "\r\n")),
    "no line end at its end": case(FILE.rstrip()),
    "an answer": case(signed()),
    "two keys": case(keys=published(OTHER, SIGNER)),
}


@both
def test_a_file_is_refused_by_name(verify: Any) -> None:
    verdicts = verify([each for each, _ in REFUSED.values()])
    named = dict(zip(REFUSED, (name for name, _ in verdicts), strict=True))
    assert named == {title: name for title, (_, name) in REFUSED.items()}
    assert not any(said for _, said in verdicts)


@both
def test_a_file_is_good_on_its_device_until_its_end(verify: Any) -> None:
    for title, (name, said) in zip(ACCEPTED, verify(list(ACCEPTED.values())), strict=True):
        assert (title, name, said.get("product")) == (title, "", "auditor-year")


@both
def test_one_flipped_bit_anywhere_is_refused(verify: Any) -> None:
    """Each bit of each byte; in the name of the key it makes that another key's name."""
    flips = [(at, chr(ord(letter) ^ 1 << bit)) for at, letter in enumerate(FILE) for bit in range(8)]
    verdicts = verify([case(FILE[:at] + letter + FILE[at + 1 :]) for at, letter in flips])
    header = range(FILE.index("eyJ"), FILE.index("."))
    for (at, _), (name, said) in zip(flips, verdicts, strict=True):
        assert (name, said) == ("bad_signature", {}) or (name == "unknown_key" and at in header), at


def test_nobody_is_named_in_what_is_signed() -> None:
    payload = base64.urlsafe_b64decode(signed().split(".")[1] + "==").decode()
    assert FINGERPRINT not in payload
    assert KEY not in payload


def test_the_verifiers_are_read_before_they_are_believed() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in FOLDER.iterdir() if path.is_file()}
    assert lengths.keys() == {"lethe_license.py", "lethe_license.mjs"}
    assert max(lengths.values()) < 40


def test_a_key_has_its_thumbprint_for_a_name() -> None:
    """The vector of RFC 8037, A.3."""
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert thumbprint(x) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_first_key_signs_and_two_are_published() -> None:
    first, second = new_setting(), new_setting()
    before, after = SigningKeys.of(f"{first},{second}", KEYRING), SigningKeys.of(f"{second},{first}", KEYRING)
    for signer in (before, after):
        assert by_python([case(signed(signer), keys=published(before))])[0][0] == ""
        assert by_python([case(signed(signer), keys=published(SigningKeys((signer.keys[0],))))])[0][0] == ""
    assert before.published.keys == after.published.keys[::-1]
    many = Keyring("licensing", ",".join(f"{n}:{'k' * 31}{n}" for n in (3, 2, 1)))
    assert SigningKeys.of("", many).published == SigningKeys(SigningKeys.of("", many).keys[:2]).published


SECRET = "s" * 43
BARE: dict[str, Any] = {"amqp_url": "amqp://x", "keys": f"1:{'o' * 32}"}


@pytest.mark.parametrize("setting", [SECRET[1:], f"{SECRET},", f"{SECRET},{SECRET}", f"1:{SECRET}", f"{SECRET}ż"])
def test_a_setting_that_is_no_keys_is_named_without_its_value(setting: str) -> None:
    with pytest.raises(ValidationError) as refused:
        LicensingSettings(**BARE, signing_keys=setting)
    told = what_is_wrong("licensing", refused.value)
    assert "LETHE_SIGNING_KEYS: Value error, one or two different keys" in told
    assert SECRET[1:] not in told


moments = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 st adds it
spans = st.timedeltas(timedelta(0), timedelta(days=90))


@given(at=moments, fresh=spans, grace=spans, left=st.none() | st.timedeltas(-GRACE, timedelta(days=900)))
def test_nothing_outlives_its_license_and_the_day_after(
    at: datetime, fresh: timedelta, grace: timedelta, left: timedelta | None
) -> None:
    ends = None if left is None else at + left
    until = statements.terms(at, fresh, grace, ends, GRACE)
    assert at <= until.fresh_until <= until.usable_until <= at + fresh + grace
    assert ends is None or until.usable_until <= ends + GRACE


ASKED = f"lethe-request.1.{'0a' * 32}.{'ff' * 32}.{NONCE}"


def test_a_request_is_read_as_it_was_carried() -> None:
    bound = Bound(b"\x0a" * 32, b"\xff" * 32, NONCE)
    for text in (ASKED, f" {ASKED}\r\n", f"{ASKED[:64]}\n{ASKED[64:]}"):
        assert device_requests.read(text) == bound


@pytest.mark.parametrize(
    "text",
    [
        "a serial number",
        ASKED[:-11],
        f"{ASKED}.x",
        ASKED.replace("0a", "0g", 1),
        ASKED.replace(".1.", ".2."),
        f"{ASKED}ż",
    ],
)
def test_a_request_that_is_none_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(Refused) as refused:
        device_requests.read(text)
    problem = refused.value.problem
    assert (problem.status, [each.field for each in problem.errors]) == (422, ["request"])
    assert text not in str(problem)
