"""Whether a purpose needs a data protection impact assessment (GDPR Art. 35(1))."""

from datetime import date
from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from services.privacy.register.entries import Keyed, Text, Words
from shared.contracts.fields import Language

Criterion = Literal[
    "scoring",
    "automated decision",
    "systematic monitoring",
    "sensitive data",
    "large scale",
    "matching",
    "vulnerable people",
    "new technology",
    "bar to a right or service",
]
"""The nine of WP248 rev. 01 (endorsed by the EDPB), III.B(a)."""
IN_POLISH: dict[Criterion, str] = {
    "scoring": "ocena lub punktacja",
    "automated decision": "automatyczna decyzja o istotnym skutku",
    "systematic monitoring": "systematyczne monitorowanie",
    "sensitive data": "dane wrażliwe",
    "large scale": "duża skala",
    "matching": "łączenie zbiorów",
    "vulnerable people": "osoby wymagające szczególnej opieki",
    "new technology": "nowa technologia",
    "bar to a right or service": "dostęp do prawa lub usługi",
}
ENOUGH = 2
"""So many criteria mean an assessment in most cases; with fewer it is judged."""


class Screening(Keyed):
    """The screening of one purpose, by its key: what is met, what follows, why, and when it is looked at again."""

    criteria: tuple[Criterion, ...] = ()
    result: Literal["not needed", "needed"]
    because: Text
    assessed: Words | None = None
    """Where the assessment is, and of which day, if one is needed."""
    review_on: date

    @model_validator(mode="after")
    def _consistent(self) -> "Screening":
        if len(set(self.criteria)) >= ENOUGH and self.result == "not needed":
            raise PydanticCustomError("needed", "result must be needed: two criteria or more are met (WP248)")
        if self.result == "needed" and not self.assessed:
            raise PydanticCustomError("no_assessment", "assessed is missing: say where the assessment is")
        return self

    def in_words(self, language: Language) -> str:
        """The result with the criteria that are met, for the record."""
        met = [IN_POLISH[each] if language == "pl" else each for each in self.criteria]
        result = RESULTS[language][self.result] + (f" ({self.assessed})" if self.assessed else "")
        return f"{result}; {MET[language]}: {', '.join(met) or NONE[language]}. {self.because.in_(language)}"


RESULTS: dict[Language, dict[str, str]] = {
    "pl": {"not needed": "ocena skutków niepotrzebna", "needed": "ocena skutków potrzebna"},
    "en": {"not needed": "no impact assessment needed", "needed": "impact assessment needed"},
}
MET: dict[Language, str] = {"pl": "spełnione kryteria WP248", "en": "criteria of WP248 met"}
NONE: dict[Language, str] = {"pl": "żadne", "en": "none"}
