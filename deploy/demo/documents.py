"""What the demonstration leaves behind: the notice and the record that the running system published."""

from rich.console import Console

from deploy import broker
from deploy.demo.failures import PATIENCE_S
from deploy.local import system
from deploy.local.folders import private_folder
from deploy.local.system import System
from shared.contracts import privacy
from shared.messaging.request_client import RequestClient

FOLDER = "documents"


async def write(running: System, console: Console) -> None:
    """Write both as pages below the demonstration's folder, and name them."""
    client = RequestClient(broker.in_virtual_host(running.servers.amqp_url, system.VIRTUAL_HOST), "demo", PATIENCE_S)
    try:
        notice = await client.request(privacy.ReadNotice(format="html"))
        record = await client.request(privacy.ReadRecord(format="html"))
    finally:
        await client.close()
    folder = private_folder(running.folder / FOLDER)
    pages = {
        "notice": ("privacy-notice.html", notice.version, notice.document),
        "record": ("record-of-processing.html", record.version, record.document),
    }
    console.print("[bold]7.[/] The documents, from the register and the data maps that just ran")
    for name, (file, version, document) in pages.items():
        (folder / file).write_text(document, encoding="utf-8")
        console.print(f"   {name}, version {version}: {folder / file}", soft_wrap=True)
