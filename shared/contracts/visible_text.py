"""What people write about themselves: every script as it is, and nothing that cannot be seen.

Refused is what nobody means to type and what turns or breaks a line: it would change what stands beside it in a
mail or an invoice. Invisible remains of copying are removed, as nobody can see them to mend them.
"""

import re
from unicodedata import category, combining

HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef]")
NONCHARACTER = 0xFFFE  # the last two code points of each plane
# Default_Ignorable_Code_Point of Unicode and the marks of interlinear annotation, without the harmful ones.
IGNORABLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
JOINERS = "\u200c\u200d\u180e"  # Persian, Indic and Mongolian names are misspelled without them
SELECTORS = re.compile(r"[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # which form of a letter
VIRAMA = 9  # the combining class; a joiner after it makes a Malayalam final consonant
BLANK = "\u2800"  # a Braille cell without dots
DIGITS = range(5, 16)  # E.164 has fifteen at most


def visible(text: str) -> str:
    """The text without what cannot be seen. Raises ValueError for what harms, and for text of which nothing shows."""
    if HARMFUL.search(text) or any(ord(c) & NONCHARACTER == NONCHARACTER for c in text):
        raise ValueError("must not contain control characters or marks that turn the direction of text")
    kept = IGNORABLE.sub(_kept, text).strip()
    if text and not any(category(c)[0] in "LNPS" and c != BLANK for c in kept):
        raise ValueError("must have a character that can be seen")
    return kept


def _kept(run: re.Match[str]) -> str:
    """The one invisible character of a run that its neighbors need, or nothing."""
    before, after = run.string[: run.start()][-1:], run.string[run.end() :][:1]
    joins = _written(before) and (_written(after) or combining(before) == VIRAMA)
    needed = (sign for sign in run[0] if (joins if sign in JOINERS else _selects(before, sign)))
    return next(needed, "")


def _written(character: str) -> bool:
    return character != "" and category(character)[0] in "LM"


def _selects(before: str, sign: str) -> bool:
    return before != "" and category(before)[0] == "L" and SELECTORS.match(sign) is not None


def phone_number(text: str) -> str:
    """Empty, or with as many digits as a number has. Raises ValueError."""
    if text and sum(character.isdigit() for character in text) not in DIGITS:
        raise ValueError("must have 5 to 15 digits")
    return text
