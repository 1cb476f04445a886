"""The words people agree to: privacy writes them, marketing asks once per version (a version never changes)."""

from dataclasses import dataclass, field

from shared.contracts import privacy
from shared.contracts.fields import Language
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose


@dataclass(frozen=True)
class ConsentTexts:
    """The texts that this process has asked for."""

    client: RequestClient
    cache: dict[tuple[str, str], str] = field(default_factory=dict)

    async def words(self, text_version: str, language: Language) -> str | None:
        """The words of a version that consents to e-mail, None if there are none.

        Raises Refused when privacy does not answer and the version is new here.
        """
        if (text_version, language) not in self.cache:
            await self._ask(language)
        return self.cache.get((text_version, language))

    async def _ask(self, language: Language) -> None:
        answer = await self.client.request(privacy.ReadConsentTexts(language=language))
        for text in answer.texts:
            if text.purpose == Purpose.MARKETING_EMAIL:
                self.cache[text.text_version, text.language] = text.words
