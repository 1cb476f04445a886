"""The items that a notice must have (GDPR Art. 13, 14, 21(4)); with one missing it can't be published."""

from collections.abc import Callable
from enum import StrEnum

from services.privacy.documents.notice.model import Notice, PurposePart


class Item(StrEnum):
    """One line of the checklist."""

    CONTROLLER = "controller's identity and contact (Art. 13(1)(a))"
    REPRESENTATIVE = "representative, or that there is none (Art. 13(1)(a))"
    OFFICER = "data protection officer, or that there is none (Art. 13(1)(b))"
    PURPOSES = "each purpose with its data and its one legal basis (Art. 13(1)(c))"
    INTERESTS = "the interest behind each purpose of Art. 6(1)(f) (Art. 13(1)(d))"
    RECIPIENTS = "recipients, for each purpose (Art. 13(1)(e))"
    TRANSFERS = "transfers to third countries, safeguards and their copy, or that there are none (Art. 13(1)(f))"
    RETENTION = "how long, for each purpose (Art. 13(2)(a))"
    RIGHTS = "the rights of Art. 15 to 18, 20 and 21 (Art. 13(2)(b))"
    WITHDRAWAL = "the withdrawal of each consent, and that earlier processing stays lawful (Art. 13(2)(c))"
    COMPLAINT = "the authority to complain to, and the court (Art. 13(2)(d), 79)"
    OBLIGATION = "whether data must be given, and what follows if not (Art. 13(2)(e))"
    DECISIONS = "automated decisions with logic and consequences (Art. 13(2)(f))"
    CATEGORIES = "the categories of data (Art. 14(1)(d))"
    SOURCE = "where the data come from (Art. 14(2)(f))"
    OBJECTION = "the right to object, apart from everything else (Art. 21(4))"


RIGHTS = frozenset(("access", "rectification", "erasure", "restriction", "portability", "objection"))
BASES = frozenset("abcf")


def missing(notice: Notice) -> list[Item]:
    """The items that the notice lacks."""
    return [item for item in Item if not CHECKS[item](notice)]


def _controller(notice: Notice) -> bool:
    who = notice.controller
    return all((who.name, who.nip, who.address, who.email))


def _complete(purpose: PurposePart) -> bool:
    return bool(purpose.title and purpose.basis in BASES and purpose.provision and purpose.data)


def _withdrawal(notice: Notice) -> bool:
    return all(p.withdrawal for p in notice.consents) and bool(notice.sentences.get("withdrawal"))


def _complaint(notice: Notice) -> bool:
    where = notice.authority
    return all((where.name, where.address, where.website, where.court))


def _objection(notice: Notice) -> bool:
    words = (notice.sentences.get(f"objection-{part}") for part in ("marketing", "other", "how"))
    return all((*words, notice.headings.get("objection"))) and all(p.objection for p in notice.objectionable)


CHECKS: dict[Item, Callable[[Notice], bool]] = {
    Item.CONTROLLER: _controller,
    Item.REPRESENTATIVE: lambda n: bool(n.controller.representative),
    Item.OFFICER: lambda n: bool(n.controller.officer),
    Item.PURPOSES: lambda n: bool(n.purposes) and all(_complete(p) for p in n.purposes),
    Item.INTERESTS: lambda n: all(p.interest for p in n.objectionable),
    Item.RECIPIENTS: lambda n: bool(n.recipients) and all(p.recipients for p in n.purposes),
    Item.TRANSFERS: lambda n: bool(n.transfers),
    Item.RETENTION: lambda n: all(p.kept for p in n.purposes) and all(r.terms for r in n.retention),
    Item.RIGHTS: lambda n: {r.key for r in n.rights if r.how} >= RIGHTS,
    Item.WITHDRAWAL: _withdrawal,
    Item.COMPLAINT: _complaint,
    Item.OBLIGATION: lambda n: all(d.required and d.consequence for d in n.data),
    Item.DECISIONS: lambda n: all(d.logic and d.effect for d in n.decisions) and bool(n.sentences.get("decisions")),
    Item.CATEGORIES: lambda n: bool(n.data),
    Item.SOURCE: lambda n: bool(n.data) and all(d.sources for d in n.data),
    Item.OBJECTION: _objection,
}
