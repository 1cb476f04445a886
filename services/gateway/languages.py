"""The language that a reader wants."""

from typing import get_args

from shared.contracts.fields import Language

DEFAULT: Language = "pl"
SPOKEN: tuple[Language, ...] = get_args(Language)


def preferred(accept_language: str) -> Language:
    """The language of ours that an Accept-Language header wants most (RFC 9110, 12.5.4); Polish where it wants none."""
    wanted = sorted(map(_wish, accept_language.lower().split(",")), key=lambda wish: -wish[1])
    return next((spoken for tag, quality in wanted if quality > 0 for spoken in SPOKEN if tag == spoken), DEFAULT)


def _wish(part: str) -> tuple[str, float]:
    tag, *options = (piece.strip() for piece in part.split(";"))
    quality = next((option[2:] for option in options if option.startswith("q=")), "1")
    try:
        return tag.partition("-")[0], float(quality)
    except ValueError:
        return tag, 0.0
