"""The log of what was done: whole, signed, and nothing in it can be changed unseen."""

import asyncio
import copy
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.commands import evidence as command
from deploy.local.folders import PROJECT
from deploy.local.servers import Servers
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.evidence import store, tree
from services.privacy.evidence.audit import Audited, audit
from services.privacy.evidence.checkpoints import CheckpointSigner, Head, key_hash, read, verifier_keys
from services.privacy.evidence.entries import Entry
from services.privacy.loops import EVIDENCE
from shared.contracts import privacy
from shared.contracts.privacy import ErasureOrdered
from shared.database import Transaction
from shared.personal_data.retention_run import end_retention
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests.fake_participants import APPLE, PEAR, FakeParticipants, fake_participants, opened_case, privacy_alone, report
from tests.harness import Harness, eventually
from tests.sample.harness import lethe_at

WAITING = "SELECT count(*) FROM evidence_opening WHERE number IS NULL"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with privacy_alone(servers) as module_harness:
        yield module_harness


@pytest.fixture(scope="module")
async def work(harness: Harness) -> AsyncIterator[FakeParticipants]:
    """One start for all: what a test empties without its triggers is a flaw of the log."""
    async with fake_participants(harness) as participants:
        yield participants


@pytest.fixture(scope="module")
async def token(work: FakeParticipants) -> str:
    """The token of a case that is closed, its certificate issued, and everything in the log."""
    case_token = await opened_case(work.database)
    order = await work.ordered()
    for service in (APPLE, PEAR):
        await work.say(service, report(service, order))
    await work.until(case_token, "closed")
    await work.certificate(case_token)

    async def all_numbered() -> bool:
        work.database.signals[EVIDENCE].set()  # it numbers each five seconds
        return not await work.rows.fetchval(WAITING)

    await eventually(all_numbered)
    return case_token


async def opened_and_ordered(work: FakeParticipants) -> tuple[str, ErasureOrdered]:
    """One more case: its token, and its order."""
    before = len(work.orders)
    return await opened_case(work.database), await work.ordered(before + 1)


def unseen(*statements: str) -> str:
    """As somebody does it who can keep the database's own triggers from noting it."""
    return "; ".join(("SET LOCAL session_replication_role = replica", *statements))


def keyring(harness: Harness) -> Keyring:
    return Keyring("privacy", harness.settings["keys"])


async def audited(work: FakeParticipants, tampering: str = "SELECT", kept: Head | None = None) -> Audited:
    """What an audit says after somebody has tampered, who is undone afterwards."""
    transaction = work.rows.transaction(isolation="repeatable_read")  # as the command: entries may come meanwhile
    await transaction.start()
    try:
        await work.rows.execute(tampering)
        tx = Transaction(work.rows, "privacy", Purpose.RIGHTS)
        return [each async for each in audit(tx, verifier_keys(keyring(work.harness)), kept)][-1]
    finally:
        await transaction.rollback()


async def test_what_was_done_is_in_the_log_and_the_log_holds(work: FakeParticipants, token: str) -> None:
    whole = await audited(work)
    acts = [row["act"] for row in await work.rows.fetch("SELECT act FROM evidence_entry ORDER BY number")]
    assert whole.flaws == []
    assert whole.size == len(acts)
    assert {"case_event", "order_report", "certificate_issue"} <= set(acts)
    case_id = (await work.client.request(privacy.ReadCase(token=token))).case_id
    told = "SELECT count(*) FROM evidence_entry WHERE act = 'case_event' AND about = $1"
    events = await work.rows.fetchval("SELECT count(*) FROM case_event WHERE case_id = $1", case_id)
    assert await work.rows.fetchval(told, str(case_id)) == events == 3, "opened, ordered, closed"


async def test_no_entry_holds_a_value(work: FakeParticipants, token: str) -> None:
    """Whose case it is stands in the case; the log has neither the person nor an address."""
    (subject,) = (await work.certificate(token))["subjects"]
    entries = [Entry(**row).content for row in await work.rows.fetch("SELECT * FROM evidence_entry")]
    assert entries
    assert not [entry for entry in entries if subject in entry or "@" in entry]


SWAP = """
UPDATE evidence_entry e SET (at, act, about, digest) = (o.at, o.act, o.about, o.digest)
FROM evidence_entry o WHERE e.number IN (3, 4) AND o.number = 7 - e.number
"""
TAMPERED = {
    "an edited entry": ("UPDATE evidence_entry SET act = 'nothing' WHERE number = 3", "entry 3 was changed"),
    "a removed entry": (unseen("DELETE FROM evidence_entry WHERE number = 3"), "entry 3 is missing"),
    "reordered entries": (
        SWAP,
        "entry 4 was changed",
    ),
    "a truncated log": (unseen("DELETE FROM evidence_entry WHERE number >= 4"), "entries from 4 on are missing"),
    "an edited hash": (
        "UPDATE evidence_node SET hash = sha256(hash) WHERE level = 1 AND number = 1",
        "the hashes over entries 2 to 3 were changed",
    ),
    "no head": ("DELETE FROM evidence_head", "the log has entries and no signed head"),
    "an edited row": (
        "UPDATE case_event SET reason = 'nothing' WHERE after = 'closed'",
        "its row of case_event was edited",
    ),
    "a removed row": (
        unseen("DELETE FROM order_report WHERE service = 'pear'"),
        "its row of order_report was removed",
    ),
    "an edited report": (
        "UPDATE order_report SET body = replace(body, 'purged', 'nothing_held') WHERE service = 'pear'",
        "its row of order_report was edited",
    ),
    "a row that nobody noted": (
        unseen("INSERT INTO participant_departure (service, reason) VALUES ('pear', 'it said nothing')"),
        "rows of participant_departure that no entry tells of: 1",
    ),
    "what opens an entry": (
        "DELETE FROM evidence_opening WHERE source = 'order_report'",
        "nobody can tell any more of which order_report it is",
    ),
}


@pytest.mark.parametrize(("tampering", "flaw"), TAMPERED.values(), ids=TAMPERED.keys())
async def test_what_was_tampered_with_is_found_and_named(
    work: FakeParticipants, token: str, tampering: str, flaw: str
) -> None:
    assert token
    assert [each for each in (await audited(work, tampering)).flaws if flaw in each]


async def test_a_rewritten_log_is_not_what_was_signed(work: FakeParticipants, token: str) -> None:
    """Entry and hashes changed together, so that they fit one another."""
    assert token
    transaction = work.rows.transaction(isolation="repeatable_read")
    await transaction.start()
    try:
        await work.rows.execute("UPDATE evidence_entry SET about = 'nobody' WHERE number = 0; TRUNCATE evidence_node")
        tx = Transaction(work.rows, "privacy", Purpose.RIGHTS)
        rows = await work.rows.fetch("SELECT number, at, act, about, digest FROM evidence_entry ORDER BY number")
        await store.add_nodes(tx, tree.grown(0, [Entry(**row).leaf for row in rows], {}))
        keys = verifier_keys(keyring(work.harness))
        flaws = [each async for each in audit(tx, keys)][-1].flaws
        strange = [Ed25519PrivateKey.generate().public_key()]
        unknown = [each async for each in audit(tx, strange)][-1].flaws
    finally:
        await transaction.rollback()
    assert flaws == ["the signed head is of other entries"]
    assert [flaw for flaw in unknown if "none of the known keys has signed it" in flaw]


async def test_a_head_that_was_kept_shows_what_was_cut_off(work: FakeParticipants, token: str) -> None:
    assert token
    shown = await work.client.request(privacy.ReadEvidenceHead())
    keys = verifier_keys(keyring(work.harness))
    kept = read(shown.checkpoint, {key_hash(key): key for key in keys})
    earlier = "SELECT checkpoint FROM evidence_head ORDER BY size LIMIT 1"
    first = read(await work.rows.fetchval(earlier), {key_hash(key): key for key in keys})
    assert (await audited(work, kept=kept)).flaws == []
    assert (await audited(work, kept=first)).flaws == []
    cut = unseen(
        "DELETE FROM evidence_entry WHERE number >= $",
        "DELETE FROM evidence_opening WHERE number >= $",
        "DELETE FROM evidence_head WHERE size > $",
    ).replace("$", str(first.size))
    flaws = (await audited(work, cut, kept)).flaws
    assert f"the log was cut off: the head that was kept has {kept.size} entries, the log {first.size}" in flaws
    other = Head(first.size, bytes(32))
    assert (await audited(work, kept=other)).flaws == [
        f"the first {first.size} entries are not those of the head that was kept"
    ]


async def test_what_ends_lawfully_breaks_nothing(work: FakeParticipants) -> None:
    """Case, events, reports, certificate and the keys of their digests are gone; their entries stand, and say so."""
    token, order = await opened_and_ordered(work)
    for service in (APPLE, PEAR):
        await work.say(service, report(service, order))
    await work.until(token, "closed")
    await work.certificate(token)
    case_id = (await work.client.request(privacy.ReadCase(token=token))).case_id
    digests = "SELECT count(*) FROM evidence_opening WHERE about = $1 AND key IS NOT NULL"
    assert await work.rows.fetchval(digests, str(case_id)) >= 4
    day = await work.rows.fetchval("SELECT max(retain_until) + 1 FROM privacy_case WHERE case_id = $1", case_id)
    await end_retention(work.database, PRIVACY.data_map, day)
    assert await work.rows.fetchval("SELECT count(*) FROM case_event WHERE case_id = $1", case_id) == 0
    assert await work.rows.fetchval(digests, str(case_id)) == 0
    ended = "SELECT count(*) FROM evidence_opening WHERE act = 'case_event ended' AND about = $1"
    assert await work.rows.fetchval(ended, str(case_id)) == 3
    assert (await audited(work)).flaws == []


async def run_stranger(file: Path, key: str) -> tuple[int, str]:
    """The verifier of the documentation in a process of its own; its exit code and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(PROJECT / "docs" / "verify_certificate.py"), str(file), key),
        stderr=asyncio.subprocess.PIPE,
    )
    _, wrong = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, wrong.decode()


def changed(certificate: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The certificate with one thing in it, or in its proof, replaced."""
    other = copy.deepcopy(certificate)
    (other["evidence"] if name in other["evidence"] else other)[name] = value
    return other


async def test_a_certificate_is_proved_offline_and_by_a_stranger(work: FakeParticipants, tmp_path: Path) -> None:
    case_token, order = await opened_and_ordered(work)
    for service in (APPLE, PEAR):
        await work.say(service, report(service, order))
    await work.until(case_token, "closed")
    certificate = await work.certificate(case_token)
    (key,) = (await work.client.request(privacy.ReadEvidenceHead())).keys
    file = tmp_path / "certificate.json"
    proof = certificate["evidence"]
    signer = CheckpointSigner(Ed25519PrivateKey.generate())
    forged = signer.sign(Head(int(proof["checkpoint"].split("\n")[1]), bytes(32)))
    tries = [
        (certificate, 0, ""),
        (changed(certificate, "outcome", "complete, really"), 1, "not the one that was entered"),
        (changed(certificate, "key", "00" * 32), 1, "of something else"),
        (changed(certificate, "path", proof["path"][1:]), 1, "does not stand in the log"),
        (changed(certificate, "checkpoint", forged), 1, ""),
    ]
    for document, code, why in tries:
        file.write_text(json.dumps(document), "utf-8")
        stranger = await run_stranger(file, key)
        assert (stranger[0], why in stranger[1]) == (code, True), stranger
        out, wrong, own = await lethe_at("evidence", "verify", str(file), "--key", key)
        assert (own, wrong) == (code, "")
        assert out.startswith("not proved: " if code else "proved: ")
        assert why in out
    file.write_text(json.dumps(certificate)[:-20], "utf-8")
    out, wrong, own = await lethe_at("evidence", "verify", str(file), "--key", key)
    assert (out, own) == ("", 2)
    assert "was cut off" in wrong


async def test_the_whole_log_is_verified_by_a_command(work: FakeParticipants, token: str, tmp_path: Path) -> None:
    assert token
    where = {
        "LETHE_PRIVACY_POSTGRES_URL": work.harness.databases["privacy"].app,
        "LETHE_PRIVACY_KEYS": work.harness.settings["keys"],
        "LETHE_AMQP_URL": work.harness.servers.amqp_url,
        "LETHE_VIRTUAL_HOST": work.harness.name,
    }
    head, wrong, code = await lethe_at("evidence", "head", **where)
    assert (wrong, code) == ("", 0)
    file = tmp_path / "head"
    file.write_text(head, "utf-8")
    out, wrong, code = await lethe_at("evidence", "verify", str(file), "--json", **where)
    assert (wrong, code) == ("", 0)
    assert json.loads(out) == {"proved": True, "entries": json.loads(out)["entries"], "flaws": []}
    file.write_text(head.replace("lethe/evidence\n", "another/log\n"), "utf-8")
    out, wrong, code = await lethe_at("evidence", "verify", str(file), **where)
    assert (out, code) == ("", 2)
    assert "neither a certificate nor a head of this log" in wrong
    assert file.stat().st_size < command.MOST_BYTES
