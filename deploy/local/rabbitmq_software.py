"""Where RabbitMQ comes from: installed on the machine, or its Debian packages unpacked under `.lethe`."""

import os
import re
import shutil
from pathlib import Path

from deploy.local import debian
from deploy.local.folders import SOFTWARE, StartError, Tell, alone

SCRIPT = "usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def find_or_fetch(tell: Tell) -> tuple[Path, dict[str, str]]:
    """Return the server script and the search paths its environment needs."""
    if installed := _installed():
        return installed, {"PATH": os.environ.get("PATH", SYSTEM_PATH)}
    unpacked = SOFTWARE / "rabbitmq"
    if not (unpacked / "complete").exists():
        tell("fetching RabbitMQ from Debian, 33 MB ...")
        with alone(SOFTWARE, "Another ./lethe is fetching RabbitMQ right now: wait until it is done."):
            _fetch(unpacked)
    erlang = unpacked / "usr/lib/erlang"
    libraries = ":".join(str(each) for each in unpacked.glob("usr/lib/*-linux-gnu*"))
    paths = {"PATH": f"{erlang / 'bin'}:{SYSTEM_PATH}", "ERL_ROOTDIR": str(erlang)}
    return next(unpacked.glob(SCRIPT)), paths | ({"LD_LIBRARY_PATH": libraries} if libraries else {})


def _installed() -> Path | None:
    # Debian's /usr/sbin/rabbitmq-server insists on the account of the public service; the script behind it
    # does not.
    if script := next(Path("/").glob(SCRIPT), None):
        return script if shutil.which("erl") else None
    installed = shutil.which("rabbitmq-server")
    return Path(installed).resolve() if installed else None


def _fetch(unpacked: Path) -> None:
    try:
        debian.unpack(unpacked, debian.family_of("rabbitmq-server", "erlang-"))
    except StartError as error:
        raise StartError(
            f"RabbitMQ is neither installed nor to be had. {error} Or install rabbitmq-server, "
            "or name a running one in LETHE_AMQP_URL and LETHE_MANAGEMENT_URL."
        ) from error
    _make_movable(unpacked / "usr/lib/erlang/bin/erl")
    (unpacked / "complete").touch()


def _make_movable(erl: Path) -> None:
    """Let `erl` find Erlang where it was unpacked, also after the project folder has moved."""
    script = re.sub(r"ROOTDIR=\"?/usr/lib/erlang\"?", 'ROOTDIR="$ERL_ROOTDIR"', erl.read_text())
    erl.write_text(script)
