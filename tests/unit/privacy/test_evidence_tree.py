"""The Merkle tree against the published test vectors of RFC 6962 and a recursive reading of RFC 9162."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from services.privacy.evidence import tree

# Certificate Transparency's reference inputs (google/certificate-transparency, merkle_tree_test).
INPUTS = [bytes.fromhex(each) for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
INPUTS.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [tree.leaf_hash(each) for each in INPUTS]


SIZES = 40


def rfc_root(leaves: Sequence[bytes]) -> bytes:
    """MTH, as section 2.1.1 writes it."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = next(1 << n for n in range(64) if 1 << n < len(leaves) <= 2 << n)
    return sha256(b"\1" + rfc_root(leaves[:split]) + rfc_root(leaves[split:])).digest()


def stored(leaves: Sequence[bytes], *steps: int) -> dict[tuple[int, int], bytes]:
    """All complete subtrees of leaves that were added in steps."""
    nodes: dict[tuple[int, int], bytes] = {}
    for start, end in zip((0, *steps), (*steps, len(leaves)), strict=True):
        nodes |= tree.grown(start, leaves[start:end], nodes)
    return nodes


def numbered(count: int) -> list[bytes]:
    return [tree.leaf_hash(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_published_vectors(size: int) -> None:
    assert tree.hash_of((0, size), stored(LEAVES[:size])).hex() == ROOTS[size - 1]


def test_no_leaves_have_the_hash_of_nothing() -> None:
    assert tree.hash_of((0, 0), {}).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("number", "size", "path"),
    [
        (0, 1, ()),
        (
            *(0, 8),
            (
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ),
        ),
        (
            *(5, 8),
            (
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ),
        ),
    ],
)
def test_paths_are_those_of_the_published_vectors(number: int, size: int, path: tuple[str, ...]) -> None:
    nodes = stored(LEAVES[:size])
    assert tuple(tree.hash_of(each, nodes).hex() for each in tree.inclusion(number, size)) == path


@given(st.integers(1, 70), st.data())
def test_every_leaf_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    leaves, number = numbered(size), data.draw(st.integers(0, size - 1))
    nodes = stored(leaves, *data.draw(st.lists(st.integers(0, size), max_size=4).map(sorted)))
    root = tree.hash_of((0, size), nodes)
    path = [tree.hash_of(each, nodes) for each in tree.inclusion(number, size)]
    assert root == rfc_root(leaves)
    assert tree.includes(root, size, number, leaves[number], path)
    assert not tree.includes(root, size, number, tree.leaf_hash(b"another"), path)
    assert not tree.includes(root, size, number, leaves[number], [*path, root])
    for other in {0, size // 2, size - 1} - {number}:
        assert not tree.includes(root, size, other, leaves[number], path)


@given(st.integers(0, 70), st.data())
def test_a_log_is_proved_to_go_on_and_no_other(size: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(0, size))
    leaves = numbered(size)
    nodes = stored(leaves)
    old, root = rfc_root(leaves[:before]), rfc_root(leaves)
    path = [tree.hash_of(each, nodes) for each in tree.consistency(before, size)] if before else []
    assert tree.continues(before, old, size, root, path)
    if before:
        changed = rfc_root([tree.leaf_hash(b"another"), *leaves[1:before]])
        assert not tree.continues(before, changed, size, root, path)
    if path:
        assert not tree.continues(before, old, size, root, path[:-1])
        assert not tree.continues(before, old, size, root, [*path[:-1], bytes(32)])


def test_another_implementation_has_the_same_roots_and_paths() -> None:
    other, leaves = InmemoryTree(algorithm="sha256"), numbered(SIZES)
    for number in range(SIZES):
        other.append_entry(str(number).encode())
    nodes = stored(leaves)
    for size in range(1, SIZES + 1):
        assert other.get_root(size) == tree.hash_of((0, size), nodes)
        for number in {0, size // 3, size - 1}:
            theirs = set(other.prove_inclusion(number + 1, size).serialize()["path"])
            ours = {tree.hash_of(each, nodes).hex() for each in tree.inclusion(number, size)}
            assert theirs - {leaves[number].hex()} == ours
