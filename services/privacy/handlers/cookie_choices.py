"""Visitors' choices about their devices, and the gate that sites ask."""

from services.privacy.cookie_choices import rules, store
from services.privacy.register.model import Register
from shared.clock import today
from shared.contracts.privacy import cookie_choices
from shared.contracts.privacy.cookie_choices import CookieBanner, CookieChoice
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(cookie_choices.ChooseCookies, purpose=Purpose.RIGHTS)
async def choose(request: cookie_choices.ChooseCookies, tx: Transaction) -> CookieChoice:
    day = today()
    choice = rules.chosen(request, day)
    await store.keep(tx, request.visitor_id, choice, day)
    return rules.answer(choice, day, opts_out=request.opts_out)


@router.request(cookie_choices.ReadCookieChoice, purpose=Purpose.RIGHTS)
async def read(request: cookie_choices.ReadCookieChoice, tx: Transaction) -> CookieChoice:
    return rules.answer(await store.find(tx, request.visitor_id), today(), opts_out=request.opts_out)


@router.request(cookie_choices.ReadCookieBanner, purpose=Purpose.RIGHTS)
async def read_banner(
    request: cookie_choices.ReadCookieBanner, tx: Transaction, register: Register
) -> cookie_choices.CookieBanner:
    choice = rules.answer(await store.find(tx, request.visitor_id), today(), opts_out=request.opts_out)
    return CookieBanner(purposes=rules.offered(register, request.language), choice=choice)
