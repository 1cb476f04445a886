"""Whoever sees little reads the notice, too: WCAG 2.2, 1.4.3."""

import re
from pathlib import Path

import pytest

from services.privacy import documents

LEAST = 4.5
PAPER = ("ffffff", "121212")  # light and dark
TEMPLATES = sorted(Path(documents.__path__[0]).rglob("*.html"))


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_the_most_there_is() -> None:
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("767676", "ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_text_is_in_a_color_that_can_be_read(template: Path) -> None:
    style = template.read_text()
    assert re.findall(r"[{; ]color: (?!var\(--faint\)|inherit)\S+", style) == []
    faint = re.findall(r"--faint: #(\w{6});", style)
    assert len(faint) == (2 if "var(--faint)" in style else 0)  # by day and by night
    for color, paper in zip(faint, PAPER, strict=False):
        assert contrast(color, paper) >= LEAST
