"""Staff's side of campaigns: draft, start, watch."""

from services.marketing.campaigns import store
from services.marketing.campaigns.store import CAMPAIGNS
from shared.contracts import marketing
from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("marketing")


@router.request(marketing.CreateCampaign, purpose=Purpose.UPKEEP)
async def create_campaign(request: marketing.CreateCampaign, tx: Transaction) -> Created:
    return Created(id=await store.create(tx, request))


@router.request(marketing.StartCampaign, purpose=Purpose.UPKEEP)
async def start_campaign(request: marketing.StartCampaign, tx: Transaction) -> Done:
    if not await store.start(tx, request.campaign_id):
        raise refuse(404, "no such campaign")
    tx.wake(CAMPAIGNS)
    return Done()


@router.request(marketing.CancelCampaign, purpose=Purpose.UPKEEP)
async def cancel_campaign(request: marketing.CancelCampaign, tx: Transaction) -> Done:
    if not await store.cancel(tx, request.campaign_id):
        raise refuse(404, "no such campaign")
    return Done()


@router.request(marketing.ReadCampaign, purpose=Purpose.UPKEEP)
async def read_campaign(request: marketing.ReadCampaign, tx: Transaction) -> marketing.Campaign:
    campaign = await store.find(tx, request.campaign_id)
    if campaign is None:
        raise refuse(404, "no such campaign")
    return campaign


@router.request(marketing.ReadCampaigns, purpose=Purpose.UPKEEP)
async def read_campaigns(request: marketing.ReadCampaigns, tx: Transaction) -> marketing.Campaigns:
    return marketing.Campaigns(campaigns=await store.newest(tx, request.limit))
