"""How a demonstration ends that did not show what it promises."""

PATIENCE_S = 60.0
"""So long each step may take: a machine on which much else runs proves nothing by being slow."""


class DemoFailed(Exception):
    """The demonstration did not show what it promises; the message says what."""
