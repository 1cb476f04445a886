"""What the entries of the register say of each other: nothing may be named that is not there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.privacy.register.model import Register


def dangling(register: Register) -> list[str]:
    """Every name that leads nowhere and every table that is empty, one sentence each."""
    return [*_empty(register), *_purposes(register), *_recipients(register), *_others(register)]


NEEDED = (
    *("authorities", "purposes", "categories", "people", "retention", "recipients", "measures", "rights"),
    *("reasons", "tellings"),
)
FILES = {"authorities": "authority.toml"}


def _empty(register: Register) -> Iterator[str]:
    for name in NEEDED:
        if not getattr(register, name):
            yield f"{FILES.get(name, f'{name}.toml')}: has no entries"


def _unknown(where: str, names: Iterable[str], table: Mapping[str, Any], file: str) -> Iterator[str]:
    for name in names:
        if name not in table:
            yield f"{where}: {name} is not in {file}"


def _purposes(register: Register) -> Iterator[str]:
    for key, purpose in register.purposes.items():
        where = f"purposes.toml: {key}"
        if key in register.dropped:
            yield f"{where}: is there twice, once as dropped"
        yield from _unknown(f"{where}.categories", purpose.categories, register.categories, "categories.toml")
        yield from _unknown(f"{where}.retention", purpose.retention, register.retention, "retention.toml")
        yield from _unknown(f"{where}.people", purpose.people, register.people, "people.toml")
        for apart in purpose.elsewhere:
            claimed = dict.fromkeys(purpose.categories)
            yield from _unknown(f"{where}.elsewhere.categories", apart.categories, claimed, f"{key}.categories")


def _recipients(register: Register) -> Iterator[str]:
    names: dict[str, str] = {}
    for key, recipient in register.recipients.items():
        where = f"recipients.toml: {key}"
        purposes = () if recipient.purposes == "all" else recipient.purposes
        yield from _unknown(f"{where}.purposes", purposes, register.purposes, "purposes.toml")
        yield from _unknown(f"{where}.categories", recipient.categories, register.categories, "categories.toml")
        for name in recipient.logged_as:
            if names.setdefault(name, key) != key:
                yield f"{where}.logged_as: {name} is the name of {names[name]} already"


def _others(register: Register) -> Iterator[str]:
    for key, decision in register.decisions.items():
        where = f"decisions.toml: {key}"
        yield from _unknown(f"{where}.purpose", [decision.purpose], register.purposes, "purposes.toml")
        yield from _unknown(f"{where}.categories", decision.categories, register.categories, "categories.toml")
    for key, cookie in register.cookies.items():
        yield from _unknown(f"cookies.toml: {key}.purpose", [cookie.purpose], register.purposes, "purposes.toml")
    yield from _unknown("screenings.toml", register.screenings, register.purposes, "purposes.toml")
    for key, asked in register.device_purposes.items():
        yield from _unknown(f"cookies.toml: {key}.purpose", [asked.purpose], register.purposes, "purposes.toml")
    for key, retention in register.retention.items():
        if retention.then:
            yield from _unknown(f"retention.toml: {key}.then", [retention.then], register.retention, "retention.toml")
