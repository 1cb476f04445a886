"""What a letter is made of."""

from typing import NamedTuple


class Template(NamedTuple):
    """One mail in one language."""

    subject: str
    text: str
