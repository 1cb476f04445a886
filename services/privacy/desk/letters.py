"""What the desk's letters say, each held against its checklist before it is issued: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import fill
from uuid import UUID

from services.privacy.desk import templates
from services.privacy.desk.checklist import Item, Kind, Said, check
from services.privacy.desk.rules import provision
from services.privacy.documents.citations import cited
from services.privacy.register.loading import register
from services.privacy.register.remedies import where_to_complain
from shared.contracts.fields import Language
from shared.contracts.privacy import ExtensionReason, RefusedPart, Right

WIDTH = 100


@dataclass(frozen=True)
class About:
    """The case that a letter is about, and the day on which it is issued."""

    case_id: UUID
    right: Right
    language: Language
    day: date


@dataclass(frozen=True)
class Composed:
    """A whole letter."""

    kind: Kind
    subject: str
    text: str


def entered(about: About, received: date, due: date) -> Composed:
    """The receipt of what came by letter or e-mail."""
    return _composed("entered", about, {Item.WHAT: (_right(about),), Item.DUE: (f"{due}",)}, received=f"{received}")


def joined(about: About, due: date) -> Composed:
    """One more request of the same is joined to the open case."""
    return _composed("joined", about, {Item.WHAT: (_right(about),), Item.DUE: (f"{due}",)})


def identity_question(about: About, question: str, *, clock_stands: bool) -> Composed:
    stands = templates.STANDS[clock_stands, about.language]
    return _composed("identity question", about, {Item.QUESTION: (fill(question, WIDTH),)}, stands=stands)


def extension(about: About, reason: ExtensionReason, explanation: str, due: date) -> Composed:
    reasons = fill(f"{templates.EXTENSIONS[reason, about.language]}. {explanation}", WIDTH)
    return _composed("extension", about, {Item.REASONS: (reasons,), Item.NEW_DATE: (f"{due}",), **_remedies(about)})


def recipients(about: About, stands: Sequence[str]) -> Composed:
    """Who was told, asked for by the person (Art. 19, second sentence); each by name."""
    listed = "\n".join(fill(f"- {each}", WIDTH, subsequent_indent="  ") for each in stands)
    return _composed("recipients", about, {Item.WHAT: (_right(about),), Item.RECIPIENTS: (listed,)})


def refusal(about: About, parts: Sequence[RefusedPart], reasons: str, late_because: str = "") -> Composed:
    language = about.language
    items: dict[Item, Said] = {
        Item.WHAT: ("\n\n".join(_part(about, number, part) for number, part in enumerate(parts, start=1)),),
        Item.PROVISION: tuple(cited(provision(part.ground, about.right), language) for part in parts),
        Item.REASONS: (fill(reasons, WIDTH),),
        **_remedies(about),
    }
    if kept := tuple(f"{part.retain_until}" for part in parts if part.retain_until):
        items[Item.RETAIN_UNTIL] = kept
    late = templates.LATE[language].format(why=late_because) if late_because else ""
    return _composed("refusal", about, items, late=late, right=_right(about))


def _part(about: About, number: int, part: RefusedPart) -> str:
    """One category, or the whole request: what, on which ground, by which provision, kept until when."""
    language = about.language
    category = register().categories[part.category].title.in_(language) if part.category else templates.WHOLE[language]
    lines = [
        f"{number}. {category}: {templates.GROUNDS[part.ground, language]}.",
        "   " + templates.LAW[language].format(law=cited(provision(part.ground, about.right), language)),
    ]
    if part.retain_until:
        lines.append("   " + templates.KEPT[language].format(day=part.retain_until))
    return "\n".join(lines)


def _right(about: About) -> str:
    return templates.RIGHTS[about.right, about.language]


def _remedies(about: About) -> dict[Item, Said]:
    """Where to complain, and the court (Art. 12(4), 77, 79)."""
    authority = where_to_complain(about.day)
    return {
        Item.AUTHORITY: (f"{authority.name}, {authority.address}",),
        Item.COURT: (register().court.statement.in_(about.language),),
    }


def _composed(kind: Kind, about: About, items: Mapping[Item, Said], **others: str) -> Composed:
    """The letter. Raises Refused (409) by the name of an item that it does not say."""
    items = {Item.CONTACT: (register().controller.email,), Item.DATE: (f"{about.day}",), **items}
    subject, template = templates.LETTERS[kind, about.language]
    words = {item.value: "".join(items.get(item, ())) for item in Item}
    text = template.format(case_id=about.case_id, **words, **others)
    check(kind, items, text)
    return Composed(kind, subject, text)
