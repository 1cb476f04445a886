"""How a value may be written where it was left behind: as it is, and as JSON, URLs, hex and PostgreSQL's COPY write it.

Compared in lower case, all spellings of all cases at once (Aho-Corasick, 1975): a hundred cases cost what one does.
"""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus
from uuid import UUID

from ahocorasick_rs import AhoCorasick

from shared.contracts.trace_search import SoughtCase


def spellings(value: str) -> set[str]:
    """All ways in which a value is looked for, in lower case."""
    composed = {value, unicodedata.normalize("NFC", value), unicodedata.normalize("NFD", value)}
    in_json = {json.dumps(each, ensure_ascii=only)[1:-1] for each in composed for only in (True, False)}
    in_urls = {spell(each) for each in composed for spell in (quote, quote_plus)}
    plain = composed | in_json | in_urls | {each.encode().hex() for each in composed}
    return {each.lower() for each in plain | {_copied(each) for each in plain}}


def _copied(text: str) -> str:
    """As COPY writes it: with every backslash doubled."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


@dataclass(frozen=True)
class Sought:
    """All spellings of all cases, and whose each of them is."""

    automaton: AhoCorasick
    cases: Sequence[frozenset[UUID]]

    @classmethod
    def of(cls, cases: Iterable[SoughtCase]) -> "Sought":
        whose: dict[str, set[UUID]] = {}
        for case in cases:
            for spelling in {spelling for value in case.values for spelling in spellings(value)}:
                whose.setdefault(spelling, set()).add(case.case_id)
        return cls(AhoCorasick(whose), [frozenset(ids) for ids in whose.values()])

    def mentions(self, lowered: str) -> bool:
        """Whether a text in lower case has anything that is sought: the quick look at much at once."""
        return bool(self.automaton.find_matches_as_indexes(lowered))

    def cases_in(self, lowered: str) -> frozenset[UUID]:
        """Whose values a text in lower case has.

        The set of one spelling is answered as it is: its hash is known, and many rows may have the same value.
        """
        hits = self.automaton.find_matches_as_indexes(lowered, overlapping=True)
        whose = {self.cases[place] for place, _, _ in hits}
        return whose.pop() if len(whose) == 1 else frozenset().union(*whose)
