"""What officers decide about requests: who is asking, longer time, refusal (GDPR Art. 12(3) to (6))."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.fields import Day, Line
from shared.contracts.message import Done, Message, Request

Words = Annotated[Line, StringConstraints(min_length=20, max_length=2000)]
"""What a letter quotes."""
Why = Annotated[Line, StringConstraints(max_length=500)]
Identified = Literal["callback", "matching data", "signed letter", "electronic signature", "in person"]
"""How it became certain who is asking; what was shown is not kept (Art. 12(6), 5(1)(c))."""
ExtensionReason = Literal["complexity", "number"]
RefusalGround = Literal[
    "manifestly unfounded",
    "excessive",
    "not identified",
    "no ground applies",
    "freedom of expression",
    "legal obligation",
    "public health",
    "archiving and research",
    "legal claims",
    "rights of others",
]
"""Art. 12(5) twice, 12(2), 17(1), 17(3)(a) to (e), 15(4) or 20(4)."""


class AskIdentity(Request[Done], type="privacy.ask-identity", askers=("gateway",), actor=Staff("officer")):
    """The person is asked, by letter, who they are; nothing goes on meanwhile.

    The clock stands until the answer if this is within three working days of the receipt, or says why it is not
    (Art. 12(6)). 404; 409 in a state without a way there, and while a question is open.
    """

    case_id: UUID
    question: Words
    late_because: Why = ""


class RecordAnswer(
    Request[Done], type="privacy.record-identity-answer", askers=("gateway",), actor=Staff("officer", "support")
):
    """The answer came, and the clock goes on. 404; 409 when nothing was asked, 422 for a day it cannot have come on."""

    case_id: UUID
    answered_on: Day


class ApproveCase(Request[Done], type="privacy.approve-case", askers=("gateway",), actor=Staff("officer")):
    """It is certain who is asking: the case goes on as its right does. 404; 409 for a case in which it was certain."""

    case_id: UUID
    identified_by: Identified


class ExtendCase(Request[Done], type="privacy.extend-case", askers=("gateway",), actor=Staff("officer")):
    """Two further months, told by letter (Art. 12(3)). 404; 409 after the first month, twice, and once answered."""

    case_id: UUID
    reason: ExtensionReason
    explanation: Words


class RefusedPart(Message):
    """What is refused, and by which provision; a ground of Art. 17(3), 15(4) or 20(4) is one category's."""

    category: str | None = Field(default=None, pattern=r"^D([1-9]|1[0-7])$")
    ground: RefusalGround
    retain_until: Day | None = None


class RefuseCase(Request[Done], type="privacy.refuse-case", askers=("gateway",), actor=Staff("officer")):
    """A request is refused, by letter, and its case ends (Art. 12(4)).

    404; 409 in a state without a way there; 422 for a ground that is not this right's. After the last day it says why.
    """

    case_id: UUID
    refused: tuple[RefusedPart, ...] = Field(min_length=1, max_length=17)
    reasons: Words
    late_because: Why = ""
