"""What staff do against licenses and people."""

from uuid import UUID

from shared.contracts.actors import Staff
from shared.contracts.licensing.licenses import MeasureReason
from shared.contracts.message import Done, Event, Request


class PersonBanned(Event, type="licensing.person-banned.v1", carries=("D8",)):
    """No orders are taken from a person, and every license rests."""

    subject_id: UUID


class BanLifted(Event, type="licensing.ban-lifted.v1", carries=("D8",)):
    """Orders are taken from a person again."""

    subject_id: UUID


class RevokeLicense(Request[Done], type="licensing.revoke-license", askers=("gateway",), actor=Staff("administrator")):
    """Staff end a license for good, for a reason. Repeating it changes nothing."""

    license_id: UUID
    reason: MeasureReason


class BanPerson(Request[Done], type="licensing.ban-person", askers=("gateway",), actor=Staff("administrator")):
    """Staff take no orders from a person and suspend every license; 404 for who never ordered or was erased."""

    person_id: UUID
    reason: MeasureReason


class LiftBan(Request[Done], type="licensing.lift-ban", askers=("gateway",), actor=Staff("administrator")):
    """Staff take orders from a person again; also after an erasure, for the contracts that it left running."""

    person_id: UUID
