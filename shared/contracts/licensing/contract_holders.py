"""Who has a contract that goes on."""

from uuid import UUID

from pydantic import Field

from shared.contracts.message import Message, Request


class ContractHolders(Message):
    """Those of the people asked for."""

    subjects: tuple[UUID, ...]


class TellContractHolders(Request[ContractHolders], type="licensing.tell-contract-holders", askers=("identity",)):
    """Who of these has a license that runs or an order that is not paid yet: such an account is not dormant."""

    subjects: tuple[UUID, ...] = Field(min_length=1, max_length=1000)
