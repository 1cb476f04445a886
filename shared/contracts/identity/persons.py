"""Who is who."""

from uuid import UUID

from pydantic import EmailStr

from shared.contracts.actors import Staff
from shared.contracts.message import Done, Event, Message, Request


class SubjectsLinked(Event, type="identity.subjects-linked.v1", carries=("D5",)):
    """Two ids turned out to be one person; `person` names the group and never changes an id."""

    subject_id: UUID
    other_id: UUID
    person: UUID


class LinkPersons(Request[Done], type="identity.link-persons", askers=("gateway",), actor=Staff("support", "officer")):
    """Support found that two ids are one person."""

    subject_id: UUID
    other_id: UUID


class Recognized(Message):
    """The subject id that belongs to a confirmed address."""

    subject_id: UUID


class FindPerson(Request[Recognized], type="identity.find-person", askers=("licensing", "privacy")):
    """Whose confirmed address is this? 404 for nobody's: nothing is kept of it."""

    email: EmailStr


class FormerUsers(Message):
    """One id of each living person who used an address before and does so no more."""

    former: tuple[UUID, ...]


class FindFormerUsers(Request[FormerUsers], type="identity.find-former-users", askers=("privacy",)):
    """Who used this mailbox before? Whoever has it today may be somebody else."""

    email: EmailStr


class RecognizePerson(Request[Recognized], type="identity.recognize-person", askers=("marketing", "privacy")):
    """Whose confirmed address is this? Mints an id for a new one. Never asked on mere entry."""

    email: EmailStr
