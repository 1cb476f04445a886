"""What the log of evidence costs: noting, adding, proving, checking; and whether it slows down as it grows."""

import random
import statistics
from base64 import b64decode
from pathlib import Path
from time import perf_counter
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy import databases
from deploy.local.folders import Tell
from deploy.local.keys import password_secret
from deploy.local.servers import Servers
from services.privacy.evidence import audit_store, checkpoints, log, store, tree
from services.privacy.evidence.checkpoints import CheckpointSigner
from services.privacy.evidence.store import Opened
from shared.database import Database, Transaction
from shared.messaging.outbox import enqueue
from shared.purposes import Purpose

SERVICE = "privacy"
AT_ONCE = 100_000
SAMPLE = 200
DECILE = 10
NOTE = "INSERT INTO participant_departure (service, reason) SELECT 'benchmark', 'benchmark' FROM generate_series(1, $1)"


async def run(servers: Servers, folder: Path, entries: int, tell: Tell) -> dict[str, Any]:
    """Rates per second and medians in ms of one log, from empty to full."""
    urls = await databases.create(servers.postgres_admin_url, SERVICE, secret=password_secret(folder))
    database = Database(urls.app, SERVICE, enqueue, 2)
    await database.open()
    try:
        return await _measure(database, entries, tell)
    finally:
        await database.close()


async def _measure(database: Database, entries: int, tell: Tell) -> dict[str, Any]:
    signer = CheckpointSigner(Ed25519PrivateKey.generate())
    noting, adding = 0.0, list[float]()
    for first in range(0, entries, AT_ONCE):
        count = min(AT_ONCE, entries - first)
        began = perf_counter()
        await database.pool.execute(NOTE, count, timeout=None)
        noting += perf_counter() - began
        adding += await _added(database, signer)
        tell(f"{first + count} entries")
    tenth = max(1, len(adding) // DECILE)
    async with database.transaction(Purpose.UPKEEP) as tx:
        proving, checking = await _proofs(tx, signer, entries)
    return {
        "entries": entries,
        "note_per_second": round(entries / noting),
        "append_per_second": round(len(adding) * log.MOST_AT_ONCE / sum(adding)),
        "growth": round(statistics.median(adding[-tenth:]) / statistics.median(adding[:tenth]), 2),
        "prove_ms": round(statistics.median(proving) * 1000, 2),
        "verify_ms": round(statistics.median(checking) * 1000, 3),
    }


async def _added(database: Database, signer: CheckpointSigner) -> list[float]:
    """The seconds of each full batch until nothing waits."""
    took: list[float] = []
    while True:
        began = perf_counter()
        async with database.transaction(Purpose.UPKEEP) as tx:
            count = await log.append(tx, signer)
        if count < log.MOST_AT_ONCE:
            return took
        took.append(perf_counter() - began)


async def _proofs(tx: Transaction, signer: CheckpointSigner, entries: int) -> tuple[list[float], list[float]]:
    keys = {checkpoints.key_hash(signer.key.public_key()): signer.key.public_key()}
    proving, checking = [], []
    for number in random.sample(range(entries), SAMPLE):
        (entry,) = await audit_store.entries(tx, number, number + 1)
        began = perf_counter()
        head = await store.head(tx)
        if head is None:
            raise RuntimeError("the log has no head")
        proof = await log.proof(tx, Opened(entry, b"", ""), head)
        proved = perf_counter()
        shown = checkpoints.read(proof["checkpoint"], keys)
        path = [b64decode(each) for each in proof["path"]]
        if not tree.includes(shown.root, shown.size, number, entry.leaf, path):
            raise RuntimeError(f"entry {number} is not proved")
        proving.append(proved - began)
        checking.append(perf_counter() - proved)
    return proving, checking
