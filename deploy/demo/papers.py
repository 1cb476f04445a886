"""What the demonstration leaves behind: the notice and the record that the running system published."""

from rich.console import Console

from deploy import broker
from deploy.local import system
from deploy.local.folders import private_folder
from deploy.local.system import System
from shared.contracts import privacy
from shared.messaging.requests import RequestClient

FOLDER = "papers"


async def write(running: System, console: Console) -> None:
    """Write both as pages below the demonstration's folder, and name them."""
    client = RequestClient(broker.in_virtual_host(running.servers.amqp_url, system.VIRTUAL_HOST), "demo")
    try:
        notice = await client.ask(privacy.ReadNotice(format="html"))
        record = await client.ask(privacy.ReadRecord(format="html"))
    finally:
        await client.close()
    folder = private_folder(running.folder / FOLDER)
    pages = {"notice": ("privacy-notice.html", notice), "record": ("record-of-processing.html", record)}
    console.print("[bold]6.[/] The papers, from the register and the data maps that just ran")
    for name, (file, published) in pages.items():
        (folder / file).write_text(published.document, encoding="utf-8")
        console.print(f"   {name}, version {published.version}: {folder / file}", soft_wrap=True)
