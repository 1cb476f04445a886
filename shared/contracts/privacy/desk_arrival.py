"""A request that came by letter or e-mail, entered by staff."""

from typing import Literal
from uuid import UUID

from pydantic import EmailStr

from shared.contracts.actors import Staff
from shared.contracts.fields import Moment
from shared.contracts.message import Created, Request
from shared.contracts.privacy.cases import Ground
from shared.contracts.privacy.desk import Text


class EnterCase(Request[Created], type="privacy.enter-case", askers=("gateway",), actor=Staff("officer", "support")):
    """Its clock began when it came. Nothing starts before an officer is certain who asks; an objection counts at once.

    By the address as it was typed, or by the person's id, one of them. One more request of the same is joined to the
    open case, whose id is the answer. An address that several used opens a case for each, as by the public form: the
    answer is the first, who uses it today, and each case says which the others are; a note is refused with it (422).
    404 for an address or id of nobody, 410 after an erasure; 422 for a day to come.
    """

    right: Literal["erasure", "access", "portability", "restriction", "marketing-objection"]
    """What is decided after weighing its person asks for in the panel, which says what it is about."""
    channel: Literal["letter", "e-mail"]
    received_at: Moment
    email: EmailStr | None = None
    subject_id: UUID | None = None
    ground: Ground | None = None
    terminate_contract: bool = False
    language: Literal["pl", "en"] = "pl"
    note: Text | None = None
