"""Debian packages unpacked into a private folder: nothing is installed, no root is needed.

Standard library only: the bootstrap script uses it before anything is installed.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local.folders import StartError, private_folder

APT_LIMIT_S = 600.0

# Own state and cache, so that neither root nor an earlier `apt-get update` is needed; the hooks of the
# machine's configuration are cleared because they work on the machine's cache.
APT_CONFIGURATION = """
Dir::State "{folder}/state";
Dir::State::lists "{folder}/state/lists";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/cache/archives";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
"""

NO_SOFT_RELATIONS = [
    f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
]


def unpack(folder: Path, choose: Callable[[Path], Sequence[str]]) -> None:
    """Download the chosen packages and unpack them as `folder`, which appears wholly or not at all."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise StartError("This is no Debian or Ubuntu: apt-get and dpkg are missing.")
    work = private_folder(folder.with_name(f"{folder.name}.new"))
    shutil.rmtree(work)
    archives, tree = private_folder(work / "archives"), private_folder(work / "tree")
    _configure(work)
    # A source that is gone must not matter as long as the packages are found in another.
    updated = _run(["apt-get", "-q", "update"], work)
    _require(["apt-get", "-q", "download", *choose(work)], archives, work, updated)
    for archive in sorted(archives.glob("*.deb")):
        _require(["dpkg", "-x", str(archive), str(tree)], work, work, updated)
    shutil.rmtree(folder, ignore_errors=True)
    tree.rename(folder)
    shutil.rmtree(work)


def family_of(package: str, prefix: str) -> Callable[[Path], list[str]]:
    """Choose a package, what it depends on under the prefix, and the libraries that these miss here."""

    def choose(work: Path) -> list[str]:
        depends = _run(["apt-cache", "depends", "--recurse", *NO_SOFT_RELATIONS, package], work).stdout
        # A part of the family that is installed already is taken again: the tree must be complete.
        family = sorted({line for line in depends.splitlines() if line.startswith(prefix)})
        plan = _run(["apt-get", "-s", "install", "--no-install-recommends", *family], work).stdout
        missing = {line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")}
        return [package, *sorted(missing.union(family))]

    return choose


def _configure(work: Path) -> None:
    for name in ("state/lists/partial", "cache/archives/partial"):
        private_folder(work / name)
    (work / "apt.conf").write_text(APT_CONFIGURATION.format(folder=work))


def _run(argv: list[str], work: Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [argv[0], "-c", str(work / "apt.conf"), *argv[1:]] if argv[0].startswith("apt-") else argv
    environment = os.environ | {"LC_ALL": "C"}
    try:
        return subprocess.run(  # noqa: S603
            command,
            cwd=folder or work,
            env=environment,
            capture_output=True,
            text=True,
            timeout=APT_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StartError(f"{argv[0]} {argv[1]} took more than {APT_LIMIT_S:.0f} s: check the network.") from None


def _require(
    argv: list[str], folder: Path, work: Path, updated: subprocess.CompletedProcess[str]
) -> subprocess.CompletedProcess[str]:
    done = _run(argv, work, folder)
    if done.returncode:
        said = (done.stderr + updated.stderr + updated.stdout).splitlines()
        reason = next((line for line in said if line.startswith(("E:", "dpkg", "Err:", "W:"))), "no reason given")
        raise StartError(f"Debian packages could not be fetched ({reason}): check the network and the disk.")
    return done
