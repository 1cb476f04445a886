"""The link in a receipt, by which whoever has the mailbox stops a case that somebody else opened for it."""

from pydantic import Field

from shared.contracts.message import Message, Request


class StopOffer(Message):
    """How the case of a link stands, and whether it can be stopped."""

    right: str
    state: str
    can_be_stopped: bool


class ReadStop(Request[StopOffer], type="privacy.read-stop", askers=("gateway",)):
    """What a link leads to; asking changes nothing. 404 for a link that is none."""

    token: str = Field(max_length=200)


class StopCase(Request[StopOffer], type="privacy.stop-case", askers=("gateway",)):
    """Take the case of a link back, once; when it is too late nothing changes. 404 for a link that is none."""

    token: str = Field(max_length=200)
