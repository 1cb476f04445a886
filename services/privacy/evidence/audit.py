"""Holding the whole log against itself, its signed head, and the rows that it tells of."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.privacy.evidence import audit_store, checkpoints, store, tree
from services.privacy.evidence.checkpoints import Head, NotACheckpoint
from services.privacy.evidence.entries import Entry
from services.privacy.evidence.tree import Place
from shared.database import Transaction

PAGE = 10_000
MOST_NAMED = 100
"""Of each kind; who has rewritten a log is not helped by a million lines."""


@dataclass
class Audited:
    """What was read so far, and what is wrong with it."""

    size: int = 0
    edge: dict[Place, bytes] = field(default_factory=dict)
    flaws: list[str] = field(default_factory=list)
    kept_root: bytes | None = None
    """The root when it had as many entries as the head that was kept."""

    @property
    def root(self) -> bytes:
        return tree.hash_of((0, self.size), self.edge)


async def audit(
    tx: Transaction, keys: Collection[Ed25519PublicKey], kept: Head | None = None
) -> AsyncIterator[Audited]:
    """Read the log page by page; the last that is answered has every flaw. `kept` is a head from before."""
    audited, kept_size = Audited(), kept.size if kept else 0
    async for page in _pages(tx, audited.flaws, kept_size):
        await _grow(tx, audited, page)
        if audited.size == kept_size:
            audited.kept_root = audited.root
        yield audited
    audited.flaws += [*await _head_flaws(tx, audited, keys), *(_kept_flaws(audited, kept) if kept else ())]
    audited.flaws += await audit_store.row_flaws(tx, MOST_NAMED)
    yield audited


async def _pages(tx: Transaction, flaws: list[str], stop: int) -> AsyncIterator[list[Entry]]:
    """The entries in order, up to the first that is missing; a page ends at `stop`."""
    first = 0
    while True:
        end = stop if first < stop < first + PAGE else first + PAGE
        page = await audit_store.entries(tx, first, end)
        whole = [entry for place, entry in enumerate(page, first) if entry.number == place]
        if whole:
            yield whole
        first += len(whole)
        if len(whole) < len(page):
            flaws.append(f"entry {first} is missing")
        if first < end:
            return


async def _grow(tx: Transaction, audited: Audited, page: list[Entry]) -> None:
    """Add a page, and tell which hashes are not those that were stored when its entries came."""
    grown = tree.grown(audited.size, [entry.leaf for entry in page], audited.edge)
    stored = await store.nodes(tx, grown)
    changed = [place for place in sorted(grown) if stored.get(place) != grown[place]]
    leaves = [number for level, number in changed if level == 0]
    audited.flaws += [f"entry {number} was changed" for number in leaves[:MOST_NAMED]]
    if changed and not leaves:
        level, number = changed[0]
        last = ((number + 1) << level) - 1
        audited.flaws.append(f"the hashes over entries {number << level} to {last} were changed")
    audited.size += len(page)
    wanted = set(tree.places((0, audited.size)))
    audited.edge = {place: each for place, each in (audited.edge | grown).items() if place in wanted}


async def _head_flaws(tx: Transaction, audited: Audited, keys: Collection[Ed25519PublicKey]) -> list[str]:
    shown = await store.head(tx)
    if shown is None:
        return ["the log has entries and no signed head"] if audited.size else []
    try:
        head = checkpoints.read(shown.checkpoint, {checkpoints.key_hash(key): key for key in keys})
    except NotACheckpoint as error:
        return [f"the newest head does not count: {error}"]
    if audited.size < head.size:
        return [f"entries from {audited.size} on are missing: the signed head has {head.size}"]
    if audited.size > head.size:
        return [f"entries from {head.size} on are under no signed head"]
    return [] if audited.root == head.root else ["the signed head is of other entries"]


def _kept_flaws(audited: Audited, kept: Head) -> list[str]:
    if audited.size < kept.size:
        return [f"the log was cut off: the head that was kept has {kept.size} entries, the log {audited.size}"]
    if kept.size == 0 or audited.kept_root == kept.root:
        return []
    return [f"the first {kept.size} entries are not those of the head that was kept"]
