"""Make the notice of a language from the register and the data maps."""

from datetime import date

from services.privacy.documents.citations import cited
from services.privacy.documents.notice import model
from services.privacy.register import entries, purposes
from services.privacy.register.gaps import Maps, backing
from services.privacy.register.model import Register
from services.privacy.register.recipients import EEA, Recipient
from services.privacy.register.retention_terms import period, rule_on
from shared.contracts.fields import Language


def compose(register: Register, maps: Maps, language: Language, day: date) -> model.Notice:
    words, controller = register.notice, register.controller
    filled = {"panel": controller.panel, "email": controller.email}
    return model.Notice(
        language=language,
        title=words.title.in_(language),
        introduction=words.introduction.in_(language),
        controller=_controller(controller, language),
        data=tuple(_data(register, c, language) for c in register.categories.values()),
        purposes=tuple(_purpose(register, maps, p, language) for p in register.purposes.values()),
        retention=tuple(
            _retention(register, r, language, day) for r in register.retention.values() if register.binds(r.key)
        ),
        recipients=tuple(_recipient(register, r, language) for r in register.recipients.values()),
        transfers=_transfers(register, language),
        decisions=tuple(_decision(register, d, language) for d in register.decisions.values()),
        rights=tuple(_right(r, language) for r in register.rights.values()),
        authority=_authority(register, language, day),
        cookies=_cookies(register, language, day),
        headings={key: text.in_(language) for key, text in words.headings.items()},
        labels={key: text.in_(language) for key, text in words.labels.items()},
        sentences={key: text.in_(language).format(**filled) for key, text in words.sentences.items()},
    )


def _controller(controller: entries.Controller, language: Language) -> model.ControllerPart:
    return model.ControllerPart(
        **controller.model_dump(include={"name", "nip", "regon", "address", "email", "panel"}),
        officer=controller.officer.statement.in_(language),
        representative=controller.representative.in_(language),
    )


def _label(register: Register, key: str, language: Language) -> str:
    return register.notice.labels[key.replace(" ", "-")].in_(language)


def _data(register: Register, category: purposes.Category, language: Language) -> model.DataPart:
    sources = [_label(register, source, language) for source in category.sources if source != "third party"]
    if category.third_parties:
        sources.append(f"{_label(register, 'third party', language)}: {category.third_parties.in_(language)}")
    return model.DataPart(
        key=category.key,
        title=category.title.in_(language),
        sources=tuple(sources),
        required=_label(register, category.requirement, language),
        consequence=category.consequence.in_(language),
    )


def _purpose(register: Register, maps: Maps, purpose: purposes.Purpose, language: Language) -> model.PurposePart:
    balance = purpose.assessment
    return model.PurposePart(
        key=purpose.key,
        title=purpose.title.in_(language),
        basis=purpose.basis,
        provision=cited(purpose.provision, language),
        interest=balance.interest.in_(language) if balance else None,
        balance=(balance.necessity.in_(language), balance.balance.in_(language)) if balance else (),
        objection=balance.opt_out.in_(language) if balance else None,
        withdrawal=purpose.withdrawal.in_(language) if purpose.withdrawal else None,
        marketing=purpose.marketing,
        data=titles(register, purpose.categories, language),
        kept=tuple(register.retention[r].title.in_(language) for r in purpose.retention if register.binds(r)),
        recipients=tuple(r.name.in_(language) for r in register.recipients_of(purpose.key)),
        note=_note(purpose, maps, language),
    )


def titles(register: Register, categories: tuple[str, ...], language: Language) -> tuple[str, ...]:
    return tuple(register.categories[c].title.in_(language) for c in categories)


def _note(purpose: purposes.Purpose, maps: Maps, language: Language) -> str | None:
    """Why a purpose has no data in the system, if it has none."""
    if backing(maps).get(purpose.key):
        return None
    return " ".join(apart.because.in_(language) for apart in purpose.elsewhere) or None


def _retention(register: Register, retention: purposes.Retention, language: Language, day: date) -> model.RetentionPart:
    terms = [term_in_words(term, language, day) for term in retention.terms]
    if retention.then:
        following = register.retention[retention.then].title.in_(language)
        terms.append(f"{_label(register, 'then', language)}: {following}")
    return model.RetentionPart(key=retention.key, title=retention.title.in_(language), terms=tuple(terms))


FROM = {"pl": ", licząc od ", "en": ", counted from "}
YEAR_END = {"pl": ", do końca roku kalendarzowego", "en": ", to the end of the calendar year"}


def term_in_words(term: purposes.Term, language: Language, day: date) -> str:
    """One step of a retention class: how long or until when, and by which provision."""
    if term.rule is None or term.counted_from is None:
        assert term.open_end is not None  # noqa: S101 for the type
        return f"{term.open_end.in_(language)} ({cited(term.provision or '', language)})"
    rule = rule_on(term.rule, day)
    spoken = period(rule, language) + (YEAR_END[language] if rule.to_year_end else "")
    return f"{spoken}{FROM[language]}{term.counted_from.in_(language)} ({cited(rule.provision, language)})"


EEA_NAME = {"pl": "EOG", "en": "EEA"}


def _recipient(register: Register, recipient: Recipient, language: Language) -> model.RecipientPart:
    inside = recipient.country in EEA
    return model.RecipientPart(
        name=recipient.name.in_(language),
        role=_label(register, recipient.role, language),
        country=f"{recipient.country} ({EEA_NAME[language]})" if inside else recipient.country,
        task=recipient.task.in_(language),
        safeguard=recipient.safeguard.in_(language) if recipient.safeguard else None,
    )


def _transfers(register: Register, language: Language) -> tuple[str, ...]:
    outside = [r for r in register.recipients.values() if r.country not in EEA]
    if not outside:
        return (register.notice.sentences["no-transfers"].in_(language),)
    copy = register.notice.sentences["safeguard-copy"].in_(language).format(email=register.controller.email)
    named = (f"{r.name.in_(language)}, {r.country}: {r.safeguard.in_(language)}" for r in outside if r.safeguard)
    return (*named, copy)


def _decision(register: Register, decision: purposes.Decision, language: Language) -> model.DecisionPart:
    return model.DecisionPart(
        title=decision.title.in_(language),
        logic=decision.logic.in_(language),
        data=titles(register, decision.categories, language),
        effect=decision.consequences.in_(language),
        review=decision.human_review.in_(language) if decision.human_review else None,
    )


def _right(right: entries.Right, language: Language) -> model.RightPart:
    return model.RightPart(
        key=right.key,
        title=right.title.in_(language),
        provision=cited(right.provision, language),
        how=right.how.in_(language),
    )


def _authority(register: Register, language: Language, day: date) -> model.AuthorityPart:
    authority = register.authority(day)
    return model.AuthorityPart(
        name=authority.name.in_(language),
        address=authority.address,
        website=authority.website,
        phone=authority.phone,
        how=authority.how.in_(language),
        court=register.court.statement.in_(language),
    )


def _cookies(register: Register, language: Language, day: date) -> tuple[str, ...]:
    if not register.cookies:
        return (register.notice.sentences["no-cookies"].in_(language),)
    return tuple(
        f"{c.key}: {c.does.in_(language)} ({c.vendor}, {period(rule_on(c.rule, day), language)})"
        for c in register.cookies.values()
    )
