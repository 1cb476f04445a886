"""A trial: an ordinary license without an order, once per product and person."""

from uuid import UUID, uuid4

from services.licensing import catalogue
from services.licensing.licenses import lifetime
from services.licensing.licenses import trial_marks as marks
from services.licensing.licenses import trial_store as store
from services.licensing.licenses.keys import KeyMint
from services.licensing.policies.rules import Policy
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Transaction
from shared.messaging.request_client import RequestClient
from shared.problems import refuse


async def prepare(request: licensing.StartTrial, client: RequestClient) -> str:
    """The address that the account has confirmed."""
    address = await client.request(identity.TellAddress(subject_id=request.subject_id))
    return address.email


async def start(tx: Transaction, request: licensing.StartTrial, email: str, mint: KeyMint) -> UUID:
    """Answers the license's id. Raises Refused: 422 where there is no trial, 409 where there is none for this account.

    The refusal says no more, or it would tell what to change.
    """
    policy = (await catalogue.orderable(tx, request.product, request.edition)).policy
    if policy.trial_days is None:
        raise refuse(422, "there is no trial of this", field="product")
    license_id = uuid4()
    if not await _is_first(tx, request, policy, license_id, email, mint):
        raise refuse(409, "no trial for this account")
    await lifetime.issue_trial(tx, request.subject_id, license_id, policy, mint, now())
    return license_id


async def _is_first(
    tx: Transaction, request: licensing.StartTrial, policy: Policy, license_id: UUID, email: str, mint: KeyMint
) -> bool:
    """Neither this account nor its mailbox has tried the product; the mailbox is known from now on."""
    if await store.has_tried(tx, request.subject_id, policy.product):
        return False
    return await store.take(tx, marks.of_address(mint.keyring, policy.product, email, license_id), today())
