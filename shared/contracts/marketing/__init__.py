"""What marketing says and can be asked: the newsletter, interests, campaigns."""

from shared.contracts.marketing.campaigns import (
    Campaign,
    CampaignFinished,
    Campaigns,
    CancelCampaign,
    CreateCampaign,
    ReadCampaign,
    ReadCampaigns,
    StartCampaign,
)
from shared.contracts.marketing.interests import TOPIC, Interest, Interests, NoteInterest, ReadInterests
from shared.contracts.marketing.newsletter import (
    ConfirmSubscription,
    ReadUnsubscribe,
    Subscribed,
    SubscribeNewsletter,
    Unsubscribe,
    Unsubscribed,
    UnsubscribeOffer,
)

__all__ = [
    "TOPIC",
    "Campaign",
    "CampaignFinished",
    "Campaigns",
    "CancelCampaign",
    "ConfirmSubscription",
    "CreateCampaign",
    "Interest",
    "Interests",
    "NoteInterest",
    "ReadCampaign",
    "ReadCampaigns",
    "ReadInterests",
    "ReadUnsubscribe",
    "StartCampaign",
    "SubscribeNewsletter",
    "Subscribed",
    "Unsubscribe",
    "UnsubscribeOffer",
    "Unsubscribed",
]
