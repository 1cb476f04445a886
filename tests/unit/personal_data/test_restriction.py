"""What goes on under a restriction: the list names what there is, and leaves out what it does on purpose."""

import pytest

from deploy.local.folders import PROJECT
from services.identity.app import SERVICE as IDENTITY
from services.identity.service_mail.templates import FOR_SERVICES, OWN
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts.message import REGISTRY
from shared.contracts.restriction import REQUESTS, SERVICE_MAIL, GoesOn
from shared.messaging.restriction import stops

SERVICES = (IDENTITY, LICENSING, MARKETING, PRIVACY)
STOPPED_REQUESTS = {"licensing.place-order", "licensing.start-trial", "identity.tell-buyer"}
"""A new order, and the buyer's data for it."""
STOPPED_MAIL = {"license-expiring", "license-stays-expired", "account-dormant"}
"""What invites to buy again or to clear up, and what invites to come back."""


def test_it_names_requests_and_templates_that_there_are() -> None:
    assert REQUESTS.keys() <= REGISTRY.keys()
    assert SERVICE_MAIL.keys() <= {*FOR_SERVICES, *OWN}


def test_what_stops_stops_on_purpose() -> None:
    handlers = [handler for service in SERVICES for handler in service.complete_router().request_handlers.values()]
    about_a_person = [handler for handler in handlers if "subject_id" in handler.contract.model_fields]
    assert {handler.contract.type for handler in about_a_person if stops(handler)} == STOPPED_REQUESTS
    assert {*FOR_SERVICES, *OWN} - SERVICE_MAIL.keys() == STOPPED_MAIL


@pytest.mark.parametrize("reason", list(GoesOn))
def test_the_document_says_what_goes_on(reason: GoesOn) -> None:
    """One row for each reason: the requests, and the service mail."""
    cells = [
        ", ".join(f"`{name}`" for name, why in names.items() if why is reason) for names in (REQUESTS, SERVICE_MAIL)
    ]
    row = f"| {reason} | {' | '.join(cells)} |"
    assert row in (PROJECT / "docs" / "blocks.md").read_text()
