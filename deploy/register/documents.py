"""Notice and record, made from the code; number, history and earlier versions come from the running system."""

import asyncio
from typing import Any

from deploy import broker
from deploy.local import processes, system
from deploy.local.folders import STATE, StartError
from deploy.local.servers import running_servers
from deploy.register.services import maps
from services.privacy.documents.notice import edition as notices
from services.privacy.documents.notice.difference import difference
from services.privacy.documents.notice.model import Edition
from services.privacy.documents.notice.pages import Format, render
from services.privacy.documents.record import edition as records
from services.privacy.documents.record import pages as record_pages
from services.privacy.documents.record.model import Edition as RecordEdition
from services.privacy.documents.record.model import Record
from services.privacy.register.loading import load
from shared.clock import today
from shared.contracts import privacy
from shared.contracts.fields import Language
from shared.contracts.message import Request
from shared.messaging.request_client import RequestClient
from shared.problems import Refused

NOT_RUNNING = "Lethe is not running, and published versions are kept by it: start it with `./lethe up`."


def notice(language: Language, shape: Format) -> str:
    """The notice of today, as published if the running system has published just this."""
    edition = notices.drafted(load(), maps(), today())[language]
    published = _published(language) if _runs() else None
    if published is not None and published.notice == edition:
        return render(published, shape)
    return render(Edition(version=None, effective_on=None, notice=edition), shape)


def changes(language: Language, since: int) -> str:
    """What has changed since a published version. Raises StartError when there is none."""
    edition = notices.drafted(load(), maps(), today())[language]
    before = _published(language, since)
    if before is None:
        raise StartError(f"There is no version {since} of the notice.")
    shown = difference(before, Edition(version=None, effective_on=None, notice=edition))
    return shown or f"nothing has changed since version {since}\n"


def record(language: Language, shape: record_pages.Format, version: int) -> str:
    """The record of today, with number and history if the running system has kept just this, or a kept version."""
    if version:
        return str(_ask(privacy.ReadRecord(language=language, format=shape, version=version)).document)
    edition = records.drafted(load(), maps(), today())[language]
    if _runs() and _kept(language) == edition:
        return str(_ask(privacy.ReadRecord(language=language, format=shape)).document)
    return record_pages.render(RecordEdition(version=None, as_of=today(), record=edition), shape)


def announced_holes() -> list[str]:
    """What the register lacks for the services that have joined the running system; nothing when none runs."""
    return list(_ask(privacy.CheckRegister()).holes) if _runs() else []


def _published(language: Language, version: int | None = None) -> Edition | None:
    try:
        answer = _ask(privacy.ReadNotice(language=language, format="json", version=version))
    except Refused:
        return None
    return Edition.model_validate_json(answer.document)


def _kept(language: Language) -> Record | None:
    try:
        answer = _ask(privacy.ReadRecord(language=language, format="json"))
    except Refused:
        return None
    return RecordEdition.model_validate_json(answer.document).record


def _runs() -> bool:
    return processes.running(STATE, "privacy") is not None


def _ask(request: Request[Any]) -> Any:
    """Ask the running system. Raises StartError when there is none."""
    if not _runs():
        raise StartError(NOT_RUNNING)
    return asyncio.run(_answer(request, running_servers(STATE).amqp_url))


async def _answer(request: Request[Any], amqp_url: str) -> Any:
    client = RequestClient(broker.in_virtual_host(amqp_url, system.VIRTUAL_HOST), "lethe")
    try:
        return await client.request(request)
    finally:
        await client.close()
