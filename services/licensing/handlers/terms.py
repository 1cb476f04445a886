"""Showing the terms of sale."""

from dataclasses import asdict

from services.licensing.fulfilment import Vendor
from services.licensing.terms import editions as terms
from shared.clock import today
from shared.contracts import licensing
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ReadTerms, purpose=Purpose.CONTRACT)
async def read_terms(request: licensing.ReadTerms, vendor: Vendor) -> licensing.Terms:
    editions = vendor.editions
    edition = terms.named(editions, request.version) if request.version else terms.current(editions, today())
    return licensing.Terms(**asdict(edition))
