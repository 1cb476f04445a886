"""The register of processing as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.privacy.register import entries
from services.privacy.register.purposes import Category, Decision, Dropped, Purpose, Retention
from services.privacy.register.recipients import Recipient
from shared.law.calendar import in_force


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
    rights: Mapping[str, entries.Right]
    hosting: Mapping[str, entries.Hosted]
    reasons: Mapping[str, entries.Reason]

    def authority(self, day: date, body: str = "uodo") -> entries.Authority:
        """The authority as it could be reached on a day. Raises LookupError for a day before the first address."""
        return in_force((a for a in self.authorities.values() if a.body == body), day)

    def recipients_of(self, purpose: str) -> list[Recipient]:
        """Who is given data for a purpose."""
        return [r for r in self.recipients.values() if r.purposes == "all" or purpose in r.purposes]

    def knows_recipient(self, name: str) -> bool:
        """Whether a name in the disclosure log is that of a registered recipient."""
        return any(name in (r.name.pl, r.name.en, *r.logged_as) for r in self.recipients.values())
