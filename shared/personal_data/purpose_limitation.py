"""Which events a service may react to: those that carry what its purposes cover (GDPR Art. 5(1)(b)).

Events hold ids alone, yet whoever hears that somebody ordered has learned of an order. A contract says by `carries` of
which categories it tells. What a service may hold follows from the purposes of its tables.
"""

from collections.abc import Iterable, Mapping

from shared.messaging.router import EventHandler
from shared.personal_data.data_map import Category, DataMap
from shared.purposes import KINDS, ProcessingPurpose

# As the register has them (services/privacy/register/purposes.toml); a test holds both against each other.
CATEGORIES: Mapping[ProcessingPurpose, str] = {
    ProcessingPurpose.SALES: "D1 D2 D3 D5 D8 D9 D17",
    ProcessingPurpose.ACCOUNTS: "D1 D2 D3 D4 D5 D7 D11",
    ProcessingPurpose.CUSTOMER_SERVICE: "D1 D5 D8 D9 D10 D11",
    ProcessingPurpose.CONTRACT_REQUESTS: "D1 D4 D5 D10",
    ProcessingPurpose.SERVICE_MAIL: "D1 D5 D11",
    ProcessingPurpose.TAXES: "D1 D2 D3 D9 D17",
    ProcessingPurpose.ACCOUNTING: "D1 D2 D3 D9 D17",
    ProcessingPurpose.ACTIVITY_LOG: "D11",
    ProcessingPurpose.DIRECT_MARKETING: "D5 D12",
    ProcessingPurpose.COMMERCIAL_MESSAGES: "D4 D5 D12 D13",
    ProcessingPurpose.SECURITY: "D6 D7 D8 D11",
    ProcessingPurpose.USAGE_ANALYSIS: "D11 D12",
    ProcessingPurpose.ENQUIRIES: "D1 D4 D5 D10",
    ProcessingPurpose.LOYALTY: "D1 D5 D14",
    ProcessingPurpose.CONTESTS: "D1 D3 D5 D14",
    ProcessingPurpose.DEBT_COLLECTION: "D1 D2 D3 D4 D5 D9 D15",
    ProcessingPurpose.LEGAL_PROCEEDINGS: "D9 D10 D15",
    ProcessingPurpose.STATISTICS: "D8 D9 D11",
    ProcessingPurpose.ACCOUNTABILITY: "D5 D13 D16",
    ProcessingPurpose.COOKIES: "D11 D13",
    ProcessingPurpose.WINNER_PUBLICATION: "D1 D14",
    ProcessingPurpose.PROFILING: "D12",
    ProcessingPurpose.DISCLOSURE_LOG: "D16",
}


def covered(data_map: DataMap) -> frozenset[str]:
    """The categories that the purposes of a service's own tables claim."""
    purposes = {purpose for table in data_map.tables for purpose in table.purposes}
    return frozenset(Category(key) for purpose in purposes for key in CATEGORIES[purpose].split())


def uncovered(data_map: DataMap, handlers: Iterable[EventHandler], *, sees_to_rights: bool) -> list[str]:
    """What a service would learn that none of its purposes needs, one sentence each.

    Who sees to people's rights learns whatever they are about; that is the service which orders erasures, alone.
    """
    own, who = covered(data_map), data_map.service
    return [
        f"{who} may not react to {handler.contract.type}: no purpose of its tables covers {', '.join(more)}"
        for handler in handlers
        if (more := sorted(set(handler.contract.carries) - own))
        and not (sees_to_rights and KINDS[handler.purpose] == "kept")
    ]
