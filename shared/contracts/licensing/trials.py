"""Trials."""

from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.licensing.catalogue import STANDARD, Edition
from shared.contracts.message import Created, Event, Request


class TrialStarted(Event, type="licensing.trial-started.v1", carries=("D8",)):
    """A person tries a product: a license without an order, for the days of its terms."""

    subject_id: UUID
    license_id: UUID


class StartTrial(Request[Created], type="licensing.start-trial", askers=("gateway",), actor=Member()):
    """Try a product, once per product and person; answers the license's id.

    422: there is no trial of it. 409: there is none for this account, and no reason is named.
    """

    subject_id: Acting = NOBODY
    product: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    edition: Edition = STANDARD
