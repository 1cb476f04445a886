"""The banner that asks a visitor: one layer, no script, two equal buttons; a site shows it in a frame."""

import html
from collections.abc import Collection
from dataclasses import dataclass

from starlette.responses import HTMLResponse

from services.gateway.pages import page
from shared.contracts.fields import Language
from shared.contracts.privacy.cookie_choices import DEVICE_PURPOSES, CookieBanner, CookieChoice, OfferedPurpose
from shared.problems import refuse

REFUSE, ALLOW, TICKED = "refuse", "allow", "ticked"
CHOICES = (REFUSE, ALLOW, TICKED)
TICK = "yes"
FIELDS: dict[str, tuple[str, ...]] = {"choice": CHOICES, **dict.fromkeys(DEVICE_PURPOSES, (TICK,))}

HEADERS = {
    # Any site may show it in a frame: whoever could trick a visitor into clicking here can as well send the choice.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors *; base-uri 'none'"
    ),
    "Vary": "Accept-Language, Sec-GPC",
}
HEAD = """<meta name="viewport" content="width=device-width, initial-scale=1"><style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 44rem; padding: 1rem; }
h1 { font-size: 1.2rem; } fieldset { border: 1px solid #8886; margin: 1rem 0; }
label { display: block; padding: .3rem 0; }
.equal { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .6rem; }
button { font: inherit; padding: .7rem; width: 100%; }
</style>"""


@dataclass(frozen=True)
class Words:
    """What the banner says in a language."""

    title: str
    introduction: str
    each: str
    refuse: str
    allow: str
    ticked: str
    refused: str
    chosen: str
    again: str
    signal: str
    notice: str


WORDS: dict[Language, Words] = {
    "pl": Words(
        title="Pliki cookies i Twoje urządzenie",
        introduction=(
            "Strona pyta, czy może zapisywać dane na Twoim urządzeniu i je odczytywać, poza tym, co niezbędne. Bez "
            "Twojej zgody tego nie robi. Zdanie możesz zmienić tutaj w każdej chwili."
        ),
        each="Każdy cel osobno",
        refuse="Odrzuć wszystko",
        allow="Zgoda na wszystko",
        ticked="Zgoda tylko na zaznaczone",
        refused="Zapisane: nie zgadzasz się na nic.",
        chosen="Zapisane: zgadzasz się na to, co zaznaczone.",
        again="Zapytamy ponownie {day}.",
        signal="Twoja przeglądarka wysyła sygnał Global Privacy Control. Jest dla nas odmową: nic nie jest dozwolone.",
        notice="Informacja o prywatności",
    ),
    "en": Words(
        title="Cookies and your device",
        introduction=(
            "The site asks whether it may store data on your device and read them, beyond what is strictly necessary. "
            "Without your consent it does not. You can change your mind here at any time."
        ),
        each="Each purpose apart",
        refuse="Refuse all",
        allow="Allow all",
        ticked="Allow only what is ticked",
        refused="Saved: you allow nothing.",
        chosen="Saved: you allow what is ticked.",
        again="We ask again on {day}.",
        signal="Your browser sends the signal Global Privacy Control. It is a refusal: nothing is allowed.",
        notice="Privacy notice",
    ),
}


def shown(banner: CookieBanner, language: Language) -> HTMLResponse:
    """The page: how the choice stands, and the form by which it is made and changed."""
    words = WORDS[language]
    by_signal = banner.choice.because == "global privacy control"
    form = "" if by_signal else _form(banner, words)
    notice = f'<p><a href="/privacy-notice?lang={language}" target="_blank" rel="noopener">{words.notice}</a></p>'
    response = page(words.title, f"{_standing(banner.choice, words)}{form}{notice}", language, HEAD)
    response.headers.update(HEADERS | {"Content-Language": language})
    return response


def _standing(choice: CookieChoice, words: Words) -> str:
    if choice.because == "global privacy control":
        return f'<p role="status">{words.signal}</p>'
    if choice.ask:
        return f"<p>{words.introduction}</p>"
    stands = words.chosen if choice.because == "chosen" else words.refused
    return f'<p role="status">{stands} {words.again.format(day=choice.ask_again_on)}</p><p>{words.introduction}</p>'


def _form(banner: CookieBanner, words: Words) -> str:
    """All on one layer; nothing is ticked that the visitor did not tick."""
    boxes = "".join(_box(each, ticked=getattr(banner.choice, each.key)) for each in banner.purposes)
    return (
        f'<form method="post"><fieldset><legend>{words.each}</legend>{boxes}</fieldset><p class="equal">'
        f"{_button(REFUSE, words.refuse)}{_button(ALLOW, words.allow)}{_button(TICKED, words.ticked)}</p></form>"
    )


def _box(purpose: OfferedPurpose, *, ticked: bool) -> str:
    title, does = html.escape(purpose.title), html.escape(purpose.does)
    box = f'<input type="checkbox" name="{purpose.key}" value="{TICK}"{" checked" if ticked else ""}>'
    return f"<label>{box} <strong>{title}</strong>: {does}</label>"


def _button(value: str, words: str) -> str:
    return f'<button name="choice" value="{value}">{words}</button>'


def allowed(sent: Collection[tuple[str, str]]) -> dict[str, bool]:
    """What a form says of each purpose. Raises Refused (422) for what the page can't have sent."""
    for name, value in sorted(sent):
        if value not in FIELDS.get(name, ()):
            raise refuse(422, "the request is not valid", field=name, message="the banner sends no such thing")
    clicked = {value for name, value in sent if name == "choice"}
    if len(clicked) != 1:
        raise refuse(422, "the request is not valid", field="choice", message=f"one of {', '.join(CHOICES)}")
    ticked = {name for name, _ in sent} if TICKED in clicked else set()
    return {key: ALLOW in clicked or key in ticked for key in DEVICE_PURPOSES}
