"""What the services of this installation hold and whom they give it to, from their code and settings."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from deploy.local import system
from deploy.local.folders import StartError
from services.privacy.register.fulfillment import unfulfilled
from services.privacy.register.gaps import Maps, gaps, unknown_recipients
from services.privacy.register.loading import RegisterRefused, load
from services.privacy.register.reviews import unreviewed
from shared.personal_data.announced_map import announced
from shared.settings import Settings

PREFIX = "LETHE_"


def maps() -> Maps:
    return {name: announced(system.service(name).data_map) for name in system.SERVICES}


def connectors(environment: Mapping[str, str] | None = None) -> dict[str, tuple[str, ...]]:
    """Whom each service is set up to give data to; `environment` holds its settings, the defaults count without."""
    return {name: _settings(name, environment or {}).recipients for name in system.SERVICES}


def answered() -> frozenset[str]:
    """The requests that some service answers."""
    return frozenset(
        asked for name in system.SERVICES for asked in system.service(name).complete_router().request_handlers
    )


def jobs() -> frozenset[str]:
    """What services do by the clock: `privacy/letters`."""
    return frozenset(
        f"{name}/{job.name}" for name in system.SERVICES for job in system.service(name).jobs(_settings(name, {}))
    )


def learn_too_much() -> list[str]:
    """Events that a service reacts to although its purposes do not cover what they tell of."""
    return [sentence for name in system.SERVICES for sentence in system.service(name).learns_too_much()]


def _settings(name: str, environment: Mapping[str, str]) -> Settings:
    """The settings of a service as far as they are set, unchecked: only names of recipients are read."""
    own = f"{PREFIX}{name.upper()}_"
    settings: dict[str, Any] = {}
    for prefix in (PREFIX, own):
        settings |= {
            key.removeprefix(prefix).lower(): value for key, value in environment.items() if key.startswith(prefix)
        }
    kind = system.service(name).settings
    return kind.model_construct(**{key: value for key, value in settings.items() if key in kind.model_fields})


def found_holes(environment: Mapping[str, str] | None = None) -> list[str]:
    """Everything that the register lacks, one sentence each."""
    try:
        register = load()
    except RegisterRefused as refused:
        return list(refused.sentences)
    held = maps()
    promised = unfulfilled(register, held, answered(), jobs())
    return [*gaps(register, held, connectors(environment)), *promised, *learn_too_much()]


def unjudged(day: date) -> list[str]:
    """What of the register nobody has judged, or reviewed by a day; nothing of one that can't be loaded."""
    try:
        return unreviewed(load(), day)
    except RegisterRefused:
        return []


def require_known_recipients(environment: Mapping[str, str]) -> None:
    """Raise StartError when a service would give data to somebody who is not in the register."""
    try:
        register = load()
    except RegisterRefused as refused:
        raise StartError(f"the register of processing is not complete: {refused.sentences[0]}") from refused
    if unknown := unknown_recipients(register, connectors(environment)):
        raise StartError(f"{unknown[0]}: enter the recipient first (services/privacy/register).")
