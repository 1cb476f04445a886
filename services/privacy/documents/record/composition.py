"""Make the record of a language from the register and the data maps."""

from datetime import date

from services.privacy.documents.citations import cited
from services.privacy.documents.notice.composition import term_in_words, titles
from services.privacy.documents.record import model
from services.privacy.register import entries, purposes
from services.privacy.register.gaps import Maps
from services.privacy.register.model import Register
from services.privacy.register.recipients import Contract, Recipient
from shared.contracts.fields import Language

NO_TRANSFERS = {"pl": "brak: wszyscy odbiorcy w EOG", "en": "none: all recipients are in the EEA"}


def compose(register: Register, maps: Maps, language: Language, day: date) -> model.Record:
    return model.Record(
        language=language,
        party=_party(register.controller, language),
        activities=tuple(_activity(register, maps, p, language, day) for p in register.purposes.values()),
        processors=tuple(
            _processor(r, r.contract, language) for r in register.recipients.values() if r.contract is not None
        ),
        measures=tuple(m.title.in_(language) for m in register.measures.values()),
        on_behalf=tuple(_on_behalf(h, language) for h in register.hosting.values()),
    )


def _party(controller: entries.Controller, language: Language) -> model.Party:
    return model.Party(
        controller=f"{controller.name}, {controller.address}, NIP {controller.nip}, REGON {controller.regon}",
        contact=controller.email,
        joint_controllers=controller.joint_controllers.in_(language),
        representative=controller.representative.in_(language),
        officer=controller.officer.statement.in_(language),
    )


def _activity(
    register: Register, maps: Maps, purpose: purposes.Purpose, language: Language, day: date
) -> model.Activity:
    tables = [f"{service}.{t.name}" for service, found in maps.items() for t in found if purpose.key in t.purposes]
    recipients, screening = register.recipients_of(purpose.key), register.screenings.get(purpose.key)
    return model.Activity(
        key=purpose.key,
        purpose=purpose.title.in_(language),
        provision=cited(purpose.provision, language),
        assessment_review=purpose.assessment.review_on if purpose.assessment else None,
        assessment=_balance(purpose.assessment, language) if purpose.assessment else None,
        screening=screening.in_words(language) if screening else None,
        screening_review=screening.review_on if screening else None,
        owner=purpose.owner,
        tables=tuple(sorted(tables)),
        note=" ".join(apart.because.in_(language) for apart in purpose.elsewhere) or None,
        people=tuple(register.people[p].title.in_(language) for p in purpose.people),
        data=titles(register, purpose.categories, language),
        recipients=tuple(f"{r.name.in_(language)} ({r.country})" for r in recipients),
        transfers=_transfers(recipients, language),
        erasure=_erasure(register, purpose, language, day),
    )


def _balance(balance: purposes.Assessment, language: Language) -> str:
    """The three steps and what they came to."""
    steps = (balance.necessity, balance.balance, balance.outcome)
    return f"{balance.interest.in_(language)}. {' '.join(step.in_(language) for step in steps)}"


def _transfers(recipients: list[Recipient], language: Language) -> tuple[str, ...]:
    outside = [r for r in recipients if r.safeguard]
    named = tuple(f"{r.name.in_(language)}, {r.country}: {r.safeguard.in_(language)}" for r in outside if r.safeguard)
    return named or (NO_TRANSFERS[language],)


def _erasure(register: Register, purpose: purposes.Purpose, language: Language, day: date) -> tuple[str, ...]:
    classes = [register.retention[key] for key in purpose.retention if register.binds(key)]
    return tuple(
        f"{data_class.key} {data_class.title.in_(language)}: {term_in_words(term, language, day)}"
        for data_class in classes
        for term in data_class.terms
    )


def _processor(recipient: Recipient, contract: Contract, language: Language) -> model.ProcessorLine:
    points = contract.model_dump(exclude={"agreed_on"})
    return model.ProcessorLine(
        name=recipient.name.in_(language),
        country=recipient.country,
        task=recipient.task.in_(language),
        agreed_on=contract.agreed_on,
        points={f"28(3)({name[0]}) {name[2:].replace('_', ' ')}": place for name, place in points.items()},
    )


def _on_behalf(hosted: entries.Hosted, language: Language) -> model.OnBehalf:
    return model.OnBehalf(
        controller=hosted.controller,
        officer=hosted.officer,
        categories=hosted.categories.in_(language),
        transfers=hosted.safeguard.in_(language) if hosted.safeguard else NO_TRANSFERS[language],
    )
