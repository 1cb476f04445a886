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
    ReadSubscription,
    ReadUnsubscribe,
    RenewByLink,
    RenewSubscription,
    Subscribed,
    SubscribeNewsletter,
    Subscription,
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
    "ReadSubscription",
    "ReadUnsubscribe",
    "RenewByLink",
    "RenewSubscription",
    "StartCampaign",
    "SubscribeNewsletter",
    "Subscribed",
    "Subscription",
    "Unsubscribe",
    "UnsubscribeOffer",
    "Unsubscribed",
]
