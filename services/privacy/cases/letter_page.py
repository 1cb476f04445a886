"""A letter as a page for mail programs, made of its text: what one says the other says."""

import re
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup, escape

from services.privacy.documents.templates import templates
from services.privacy.register.loading import register
from shared.contracts.fields import Language

PAGES = templates(Path(__file__).parent / "templates")
LINK = re.compile(r"https?://[^\s<>()]+[^\s<>().,;:]")
LABELED = re.compile(r"([^\s:][^:\n]{1,40}): (\S.*)")
"""`Case: 1234`: what stands before a colon at the beginning of a line."""


def page(subject: str, text: str, language: Language) -> str:
    """HTML with the words of the text, links that can be followed, and nothing that is loaded from elsewhere."""
    paragraphs = [list(_lines(part)) for part in text.strip().split("\n\n")]
    controller = register().controller
    return PAGES.get_template("letter.html").render(
        subject=subject,
        paragraphs=paragraphs,
        language=language,
        controller=f"{controller.name}, {controller.address}, {controller.email}",
    )


def _lines(paragraph: str) -> Iterator[tuple[str, Markup]]:
    """Each line with the label that it begins with, if the whole paragraph is of such lines."""
    lines = paragraph.splitlines()
    labeled = [LABELED.fullmatch(line) for line in lines]
    for line, match in zip(lines, labeled, strict=True):
        if match and all(labeled):
            yield match[1], _linked(match[2])
        else:
            yield "", _linked(line)


def _linked(line: str) -> Markup:
    parts, end = Markup(), 0
    for match in LINK.finditer(line):
        parts += escape(line[end : match.start()]) + Markup('<a href="{0}">{0}</a>').format(match[0])
        end = match.end()
    return parts + escape(line[end:])
