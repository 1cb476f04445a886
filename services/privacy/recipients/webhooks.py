"""A recipient's system is told by a signed webhook: who has one, what it says, and when somebody has to do it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pydantic_core import to_json

from services.privacy.recipients.rules import by_webhook
from services.privacy.register.model import Register
from shared.contracts.privacy import Disclosure, NoticeAbout
from shared.webhooks.posting import Sender
from shared.webhooks.signing import Target, Tried

LAST_TRY = 21
"""By these waits it comes three days after the first."""
PROVISIONS: Mapping[NoticeAbout, str] = {
    "erasure": "GDPR Art. 17, 19",
    "restriction": "GDPR Art. 18, 19",
    "rectification": "GDPR Art. 16, 19",
}


@dataclass(frozen=True)
class Webhooks(Sender):
    """Who is told by webhook, and under which conditions."""

    targets: Mapping[str, Target]


def targets(register: Register, secrets: Mapping[str, Sequence[str]], *, local: bool) -> dict[str, Target]:
    """Who is told by webhook. Raises ValueError with a sentence for everything that is set up wrongly."""
    named = by_webhook(register)
    wrong = [
        f"{key} has a webhook in recipients.toml and no secret in LETHE_PRIVACY_WEBHOOK_SECRETS"
        for key in named - secrets.keys()
    ]
    wrong += [
        f"{key} has a secret in LETHE_PRIVACY_WEBHOOK_SECRETS and no webhook in recipients.toml"
        for key in secrets.keys() - named
    ]
    found = {key: Target(register.recipients[key].webhook or "", secrets.get(key, ())) for key in named}
    if not local:
        plain = [key for key, target in found.items() if urlsplit(target.url).scheme != "https"]
        wrong += [f"{key} has a webhook without TLS, which LETHE_PRIVACY_LOCAL_WEBHOOKS alone allows" for key in plain]
    if wrong:
        raise ValueError("; ".join(sorted(wrong)))
    return found


def body(
    about: NoticeAbout, disclosures: Sequence[Disclosure], register: Register, written_at: datetime, *, lifted: bool
) -> bytes:
    """What the letter says: references, days and categories, and nobody's data. Each try says the same."""
    keys = sorted({category for each in disclosures for category in each.categories})
    known = [register.categories[key] for key in keys if key in register.categories]
    return to_json(
        {
            "type": f"recipient.{about}-lifted" if lifted else f"recipient.{about}",
            "timestamp": written_at.astimezone(UTC),
            "data": {
                "provisions": PROVISIONS[about],
                "disclosures": disclosures,
                "categories": {each.key: each.title for each in known},
                "controller": {"name": register.controller.name, "email": register.controller.email},
            },
        }
    )


def is_over(tried: Tried, tries: int) -> bool:
    """Whether somebody has to do it by hand from now on."""
    return tried.for_good or tries >= LAST_TRY
