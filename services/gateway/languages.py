"""The language that a reader wants."""

from typing import get_args

from services.gateway.preferences import wanted
from shared.contracts.fields import Language

DEFAULT: Language = "pl"
SPOKEN: tuple[Language, ...] = get_args(Language)


def preferred(accept_language: str) -> Language:
    """The language of ours that an Accept-Language header wants most (RFC 9110, 12.5.4); Polish where it wants none."""
    tags = [tag.partition("-")[0] for tag in wanted(accept_language)]
    return next((spoken for tag in tags for spoken in SPOKEN if tag == spoken), DEFAULT)
