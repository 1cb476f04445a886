"""The register of processing as a whole."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from services.privacy.register import entries
from services.privacy.register.purposes import Category, Decision, Dropped, Purpose, Retention
from services.privacy.register.recipients import Recipient
from services.privacy.register.screenings import Screening
from shared.law.calendar import in_force

E = TypeVar("E")
BOOKS = "R-BOOKS"
"""The class that binds only a controller with full books."""


@dataclass(frozen=True)
class Register:
    """Everything that the notice and the record are made of; the tables by their keys."""

    controller: entries.Controller
    court: entries.Court
    notice: entries.NoticeWords
    authorities: Mapping[str, entries.Authority]
    purposes: Mapping[str, Purpose]
    dropped: Mapping[str, Dropped]
    categories: Mapping[str, Category]
    people: Mapping[str, entries.People]
    retention: Mapping[str, Retention]
    recipients: Mapping[str, Recipient]
    decisions: Mapping[str, Decision]
    measures: Mapping[str, entries.Measure]
    cookies: Mapping[str, entries.Cookie]
    device_purposes: Mapping[str, entries.DevicePurpose]
    rights: Mapping[str, entries.Right]
    hosting: Mapping[str, entries.Hosted]
    reasons: Mapping[str, entries.Reason]
    tellings: Mapping[str, entries.Telling]
    screenings: Mapping[str, Screening]
    planned: Mapping[str, Purpose] = field(default_factory=dict)

    def at_work(self) -> "Register":
        """Without the purposes whose feature does not exist yet, and without what only they need.

        Nothing is promised for them and nobody is told of them: a notice is of what is done (GDPR Art. 13).
        """
        planned = {key: purpose for key, purpose in self.purposes.items() if purpose.planned}
        purposes = _only(self.purposes, self.purposes.keys() - planned.keys())
        classes = {c for purpose in purposes.values() for c in purpose.retention}
        followed = {self.retention[c].then or c for c in classes}
        return replace(
            self,
            planned=planned,
            purposes=purposes,
            categories=_only(self.categories, {c for purpose in purposes.values() for c in purpose.categories}),
            people=_only(self.people, {p for purpose in purposes.values() for p in purpose.people}),
            retention=_only(self.retention, classes | followed),
        )

    @property
    def promises(self) -> Iterator[tuple[str, str]]:
        """Each promise to tell somebody: where it stands, and one of the things that keep it."""
        for key, telling in self.tellings.items():
            yield from ((f"tellings.toml: {key}.by", fulfilled) for fulfilled in telling.by)
        for key, recipient in self.recipients.items():
            yield from ((f"recipients.toml: {key}.told_by", fulfilled) for fulfilled in recipient.told_by)

    def authority(self, day: date, body: str = "uodo") -> entries.Authority:
        """The authority as it could be reached on a day. Raises LookupError for a day before the first address."""
        return in_force((a for a in self.authorities.values() if a.body == body), day)

    def recipients_of(self, purpose: str) -> list[Recipient]:
        """Who is given data for a purpose."""
        return [r for r in self.recipients.values() if r.purposes == "all" or purpose in r.purposes]

    def binds(self, retention: str) -> bool:
        """Whether a retention class holds for this vendor: not every one keeps full books."""
        return retention != BOOKS or self.controller.full_books

    def knows_recipient(self, name: str) -> bool:
        """Whether a name in the disclosure log is that of a registered recipient."""
        return any(name in (r.name.pl, r.name.en, *r.logged_as) for r in self.recipients.values())

    def unknown_recipients(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the names that are nobody's here."""
        return tuple(name for name in names if not self.knows_recipient(name))


def _only(entries: Mapping[str, E], keys: Collection[str]) -> Mapping[str, E]:
    return {key: entry for key, entry in entries.items() if key in keys}
