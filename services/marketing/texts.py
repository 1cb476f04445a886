"""The words people agree to: privacy writes them, marketing asks once per version (a version never changes)."""

from dataclasses import dataclass, field

from shared.contracts import privacy
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose


@dataclass(frozen=True)
class ConsentTexts:
    """The words known to this process."""

    client: RequestClient
    known: dict[tuple[str, str], str] = field(default_factory=dict)

    async def words(self, text_version: str, language: str) -> str | None:
        """The words of a version that consents to e-mail, None if there are none.

        Raises Refused when privacy does not answer and the version is new here.
        """
        if (text_version, language) not in self.known:
            await self._learn(language)
        return self.known.get((text_version, language))

    async def _learn(self, language: str) -> None:
        question = privacy.ReadConsentTexts.model_validate({"language": language})
        answer: privacy.ConsentTexts = await self.client.request(question)
        for text in answer.texts:
            if text.purpose == Purpose.MARKETING_EMAIL:
                self.known[text.text_version, text.language] = text.words
