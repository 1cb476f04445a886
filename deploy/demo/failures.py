"""How a demonstration ends that did not show what it promises."""

PATIENCE_S = 60.0


class DemoFailed(Exception):
    """The demonstration did not show what it promises; the message says what."""
