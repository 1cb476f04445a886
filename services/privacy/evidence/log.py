"""Adding to the log, and proving that something stands in it."""

from base64 import b64encode
from typing import Any

from services.privacy.evidence import store, tree
from services.privacy.evidence.checkpoints import CheckpointSigner, Head
from services.privacy.evidence.store import Opened, SignedHead
from shared.database import Transaction

MOST_AT_ONCE = 10_000


async def append(tx: Transaction, signer: CheckpointSigner) -> int:
    """Number what waits and sign the new head; how many entries came."""
    if not await store.waits(tx):
        return 0
    size = await store.take_turn(tx)
    entries = await store.number(tx, size, MOST_AT_ONCE)
    if not entries:
        return 0
    edge = await store.nodes(tx, tree.places((0, size)))
    added = tree.grown(size, [entry.leaf for entry in entries], edge)
    await store.add_nodes(tx, added)
    head = Head(size + len(entries), tree.hash_of((0, size + len(entries)), edge | added))
    await store.add_head(tx, SignedHead(head.size, signer.sign(head)))
    return len(entries)


async def proof(tx: Transaction, opened: Opened, head: SignedHead) -> dict[str, Any]:
    """All that somebody needs who has the public key and nothing else: entry, what opens it, path, signed head."""
    ranges = tree.inclusion(opened.entry.number, head.size)
    nodes = await store.nodes(tx, [place for each in ranges for place in tree.places(each)])
    return {
        "entry": opened.entry.content,
        "content": opened.content,
        "key": opened.key.hex(),
        "path": [b64encode(tree.hash_of(each, nodes)).decode() for each in ranges],
        "checkpoint": head.checkpoint,
    }
