"""What a visitor lets websites store on and read from a device (PKE art. 399), by a random id and nobody's name."""

from datetime import date
from typing import Literal, get_args

from pydantic import UUID4

from shared.contracts.fields import Language
from shared.contracts.message import Message, Request

DevicePurpose = Literal["statistics", "marketing"]
"""What a site may ask for; the words of each are in the register (`cookies.toml`). What is necessary is not asked."""
DEVICE_PURPOSES: tuple[DevicePurpose, ...] = get_args(DevicePurpose)
Standing = Literal["chosen", "refused", "not asked", "ask again", "global privacy control"]
"""Why something is allowed or not: `ask again` when the choice is over, `global privacy control` by the browser's
signal, whatever was chosen.
"""


class CookieChoice(Message):
    """What a site may do on a visitor's device now: nothing that is not `true` here.

    `ask` says that the visitor is to be asked, `ask_again_on` from which day on; null where nothing was chosen.
    """

    statistics: bool
    marketing: bool
    because: Standing
    ask: bool
    ask_again_on: date | None


class ReadCookieChoice(Request[CookieChoice], type="privacy.read-cookie-choice", askers=("gateway",)):
    """The gate of a site's tags. `opts_out` is the browser's Global Privacy Control."""

    visitor_id: UUID4
    opts_out: bool = False


class ChooseCookies(Request[CookieChoice], type="privacy.choose-cookies", askers=("gateway",)):
    """A visitor's choice takes the place of the one before. What is not named is refused; with `opts_out`, everything.

    The id is random (UUID v4), made by the visitor's own page; nothing else about the visitor is stored.
    """

    visitor_id: UUID4
    statistics: bool = False
    marketing: bool = False
    opts_out: bool = False


class OfferedPurpose(Message):
    """One purpose as a visitor is asked about it."""

    key: DevicePurpose
    title: str
    does: str


class CookieBanner(Message):
    """The words of a banner, and how the visitor's choice stands."""

    purposes: tuple[OfferedPurpose, ...]
    choice: CookieChoice


class ReadCookieBanner(Request[CookieBanner], type="privacy.read-cookie-banner", askers=("gateway",)):
    """What a visitor is asked, in a language; asking changes nothing."""

    visitor_id: UUID4
    language: Language = "pl"
    opts_out: bool = False
