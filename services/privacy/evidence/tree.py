"""The Merkle tree of an append-only log (RFC 9162, section 2.1): SHA-256, proofs of inclusion and of consistency.

A place `(level, number)` is the complete subtree over the leaves from `number << level`, `1 << level` of them. What a
tree of any size needs is made of complete subtrees, and those never change: they are what is stored.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

Place = tuple[int, int]
Range = tuple[int, int]
"""The leaves from the first on, before the second."""

EMPTY = sha256().digest()


def leaf_hash(content: bytes) -> bytes:
    return sha256(b"\0" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def grown(size: int, leaves: Sequence[bytes], edge: Mapping[Place, bytes]) -> dict[Place, bytes]:
    """The subtrees that become complete when leaf hashes are added; `edge` has the places of `(0, size)`."""
    nodes: dict[Place, bytes] = {}
    level, first, added = 0, size, list(leaves)
    while added:
        nodes |= {(level, first + step): each for step, each in enumerate(added)}
        if first % 2:
            first, added = first - 1, [edge[level, first - 1], *added]
        added = [node_hash(left, right) for left, right in zip(added[::2], added[1::2], strict=False)]
        level, first = level + 1, first // 2
    return nodes


def places(leaves: Range) -> list[Place]:
    """The complete subtrees that a range of a proof is made of, from left to right."""
    start, end = leaves
    made_of = []
    while start < end:
        level = (end - start).bit_length() - 1
        made_of.append((level, start >> level))
        start += 1 << level
    return made_of


def hash_of(leaves: Range, nodes: Mapping[Place, bytes]) -> bytes:
    """The hash over a range, which for `(0, size)` is the root of the tree."""
    made_of = [nodes[place] for place in places(leaves)]
    whole = made_of.pop() if made_of else EMPTY
    for left in reversed(made_of):
        whole = node_hash(left, whole)
    return whole


def inclusion(number: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that a tree has a leaf, from the leaf upward."""
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if number < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency(before: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that a tree begins with all of an earlier one."""
    start, end, path = 0, size, []
    while before != end:
        middle = start + _split(end - start)
        if before <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return [*path, *([(start, end)] if start else [])][::-1]


def includes(root: bytes, size: int, number: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether a path proves a leaf (RFC 9162, 2.1.3.2)."""
    if not 0 <= number < size or len(path) != len(inclusion(number, size)):
        return False
    whole = leaf
    for (start, _), each in zip(inclusion(number, size), path, strict=True):
        whole = node_hash(whole, each) if start > number else node_hash(each, whole)
    return whole == root


def continues(before: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a path proves that one tree begins with the other (RFC 9162, 2.1.4.2)."""
    if before in (0, size):
        return not path and (before == 0 or old_root == root)
    if not before < size or len(path) != len(consistency(before, size)):
        return False
    ranges, hashes = consistency(before, size), list(path)
    if before & (before - 1) == 0:  # the earlier tree is one subtree of the later
        ranges, hashes = [(0, before), *ranges], [old_root, *hashes]
    whole = earlier = hashes[0]
    for (start, _), each in zip(ranges[1:], hashes[1:], strict=True):
        if start >= before:
            whole = node_hash(whole, each)
        else:
            whole, earlier = node_hash(each, whole), node_hash(each, earlier)
    return (whole, earlier) == (root, old_root)


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << ((size - 1).bit_length() - 1)
