"""Who is told, and in which words (GDPR Art. 19): a recipient hears of references, a person hears of names. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.privacy.recipients import templates
from services.privacy.register.model import Register
from shared.contracts.fields import Language
from shared.contracts.privacy import Disclosure, NoticeAbout, NoticeEnding
from shared.contracts.privacy.recipients import ProofType
from shared.problems import refuse

UNTOLD: tuple[NoticeEnding, ...] = ("impossible", "disproportionate")
BEGINS: Mapping[ProofType, bytes] = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
SHORTEST_REASON = 10


@dataclass(frozen=True)
class Name:
    """A name under which disclosures are noted, whose it is by the register, and whether that one can be reached."""

    name: str
    key: str
    reached: bool
    """By mail or by webhook, without anybody's help."""


def names(register: Register) -> list[Name]:
    """All names of all recipients."""
    return [
        Name(name, each.key, each.contact is not None or each.webhook is not None)
        for each in register.recipients.values()
        for name in dict.fromkeys((each.name.pl, each.name.en, *each.logged_as))
    ]


def by_webhook(register: Register) -> set[str]:
    """The keys of those whose own system is told."""
    return {key for key, each in register.recipients.items() if each.webhook is not None}


def in_words(recipient: str, register: Register, language: Language) -> str:
    """A recipient by name: one that the register does not know is called as it was noted."""
    known = register.recipients.get(recipient)
    return known.name.in_(language) if known else recipient


def letter(
    about: NoticeAbout, disclosures: Sequence[Disclosure], register: Register, *, lifted: bool = False
) -> tuple[str, str]:
    """What a recipient gets by mail, in both languages: references, days and categories, and nobody's data."""
    lines = "\n".join(f"- {each.reference}, {each.day}: {', '.join(each.categories)}" for each in disclosures)
    categories = sorted({category for each in disclosures for category in each.categories}, key=_place)
    subject, text = templates.LIFTED if lifted else templates.NOTICES[about]
    controller = register.controller
    return subject, text.format(
        references=lines,
        categories="\n".join(_legend(category, register) for category in categories),
        contact=controller.email,
        controller=controller.name,
    )


def _place(category: str) -> tuple[int, str]:
    """D2 stands before D10."""
    return (len(category), category)


def _legend(category: str, register: Register) -> str:
    """What a category is, for whom its key says nothing."""
    known = register.categories.get(category)
    return f"{category}: {known.title.pl} / {known.title.en}" if known else category


def announced(recipients: Sequence[str], register: Register, language: Language) -> str:
    """What the person's letter says of them; nothing when nobody was given data."""
    if not recipients:
        return ""
    lines = "\n".join(f"- {in_words(each, register, language)}" for each in recipients)
    return templates.ANNOUNCED[language].format(recipients=lines)


def check_reason(how: NoticeEnding, reason: str) -> None:
    """Raise Refused (422): who is not told is not told for a reason, which the person reads."""
    if how in UNTOLD and len(reason) < SHORTEST_REASON:
        raise refuse(422, "a reason is missing", field="reason", message="say why they can't be told")


def stands(name: str, how: NoticeEnding | None, day: str, reason: str, language: Language) -> str:
    """How it stands with one recipient."""
    return f"{name}: {templates.ENDINGS[how, language].format(day=day, reason=reason)}"


def check_proof(content: bytes, media_type: ProofType) -> None:
    """Raises Refused (422) for what does not begin as its kind does: nobody could open it when it is needed."""
    if not content.startswith(BEGINS[media_type]):
        raise refuse(422, "this is no such file", field="content", message=f"it does not begin as {media_type} does")
