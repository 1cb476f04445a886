"""Which messages an operator means, and how many there are of a kind: pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from shared.messaging.dead_letters import DeadLetter

By = Literal["service", "type", "reason", "origin", "age"]
KINDS = get_args(By)
FIELDS = ("type", "reason", "origin", "older")
UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
SPAN = re.compile(rf"(\d{{1,6}}) ?({'|'.join(UNITS)})")
AGES = ((3_600, "under an hour"), (86_400, "under a day"), (604_800, "under a week"))


@dataclass(frozen=True)
class Choice:
    """What is meant: a message has to be all that is said here. Nothing said means every message."""

    message_id: str = ""
    type: str = ""
    reason: str = ""
    origin: str = ""
    older_s: float = 0.0

    @property
    def says_nothing(self) -> bool:
        return self == Choice()

    def means(self, letter: DeadLetter) -> bool:
        return (
            (not self.message_id or letter.message_id == self.message_id)
            and (not self.type or letter.type == self.type)
            and letter.reason.startswith(self.reason)
            and (not self.origin or letter.origin == self.origin)
            and (not self.older_s or (letter.age_s or 0.0) >= self.older_s)
        )


def chosen(message_id: str, where: Sequence[str]) -> Choice:
    """What `--id` and `--where` say. Raises ValueError with a sentence."""
    said: dict[str, str] = {}
    for condition in where:
        field, sign, value = (part.strip() for part in condition.partition("="))
        if field not in FIELDS or not sign or not value or field in said:
            raise ValueError(f"a condition is one of {', '.join(f'{name}=' for name in FIELDS)} with its value, once")
        said[field] = value
    older_s = _seconds(said.get("older", ""))
    return Choice(message_id, said.get("type", ""), said.get("reason", ""), said.get("origin", ""), older_s)


def _seconds(span: str) -> float:
    if not span:
        return 0.0
    match = SPAN.fullmatch(span)
    if not match:
        raise ValueError("an age is a number with its unit: older=90s, 10min, 2h or 1d")
    return float(match[1]) * UNITS[match[2]]


def grouped(letters: Sequence[DeadLetter], by: By) -> list[tuple[str, int]]:
    """How many there are of each kind, the most first."""
    return Counter(_kind(letter, by) for letter in letters).most_common()


def _kind(letter: DeadLetter, by: By) -> str:
    if by != "age":
        return str(getattr(letter, by))
    if letter.age_s is None:
        return "unknown"
    return next((words for limit, words in AGES if letter.age_s < limit), "older")
