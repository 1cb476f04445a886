"""What a header of preferences wants, the most wanted first (RFC 9110, 12.4.2)."""


def wanted(header: str) -> list[str]:
    """The values of Accept or Accept-Language in lower case by their quality; what has none, or 0, is not wanted."""
    wishes = [_wish(part) for part in header.lower().split(",")]
    return [value for value, quality in sorted(wishes, key=lambda wish: -wish[1]) if quality > 0]


def _wish(part: str) -> tuple[str, float]:
    value, *options = (piece.strip() for piece in part.split(";"))
    quality = next((option[2:] for option in options if option.startswith("q=")), "1")
    try:
        return value, float(quality)
    except ValueError:
        return value, 0.0
