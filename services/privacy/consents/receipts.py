"""A receipt of a decision about a consent, for whoever made it: pure.

In the structure of ISO/IEC TS 27560:2023 (a receipt holds the record: what is processed, by whom, and the events), in
the terms of W3C's Data Privacy Vocabulary, as JSON-LD.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from services.privacy.consents.rules import CHANNELS
from services.privacy.documents.notice.composition import term_in_words, titles
from services.privacy.register.entries import Right
from services.privacy.register.model import Register
from shared.contracts.fields import Language
from shared.contracts.privacy.consent_proofs import ConsentProof
from shared.law.calendar import WARSAW
from shared.problems import refuse
from shared.purposes import KINDS, Purpose

CONTEXT: Mapping[str, str] = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
}
SCHEMA = "https://w3id.org/dpv/schema/dpv-27560#"
KIND_OF = dict.fromkeys(CHANNELS, "dpv:DirectMarketing")
"""What the vocabulary calls a use that rests on consent."""


@dataclass(frozen=True)
class Issuer:
    """Who says it, in which language, and where the notice is read."""

    register: Register
    language: Language
    public_url: str


def receipt(
    proofs: Sequence[ConsentProof], consent_id: UUID, subject_id: UUID, issuer: Issuer, at: datetime
) -> dict[str, Any]:
    """The receipt of one of a person's decisions, which are given oldest first.

    Raises Refused: 404 for a decision that is not there, 409 for one about a use that rests on no consent.
    """
    events = _until(proofs, consent_id)
    identifier = str(uuid5(consent_id, SCHEMA))
    return {
        "@context": dict(CONTEXT),
        "@id": f"urn:uuid:{identifier}",
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": identifier,
        "dct:conformsTo": f"{SCHEMA}receipt-eu-gdpr",
        "dct:created": at.isoformat(),
        "dct:language": issuer.language,
        "dct:publisher": _controller(issuer.register),
        "schema:recipient": {"@type": "dpv:DataSubject"},
        "dpv:hasRecordOfActivity": _record(events, subject_id, issuer),
    }


def _until(proofs: Sequence[ConsentProof], consent_id: UUID) -> list[ConsentProof]:
    """The decision and those before it about the same use."""
    proof = next((each for each in proofs if each.consent_id == consent_id), None)
    if proof is None:
        raise refuse(404, "there is no such decision", field="consent_id", message="see GET /consents/history")
    if KINDS[Purpose(proof.purpose)] != "consent":
        raise refuse(409, "no consent was asked for", field="consent_id", message="an objection has no receipt")
    of_use = [each for each in proofs if each.purpose == proof.purpose]
    return of_use[: of_use.index(proof) + 1]


def _record(events: Sequence[ConsentProof], subject_id: UUID, issuer: Issuer) -> dict[str, Any]:
    proof, register = events[-1], issuer.register
    day = proof.decided_at.astimezone(WARSAW).date()
    return {
        "@id": f"urn:uuid:{proof.consent_id}",
        "@type": "dpv:ConsentRecord",
        "dct:identifier": str(proof.consent_id),
        "dct:conformsTo": f"{SCHEMA}record-eu-gdpr",
        "dpv:hasDataSubject": {"@id": f"urn:uuid:{subject_id}", "@type": "dpv:DataSubject"},
        "dpv:hasDataController": _controller(register),
        "dpv:hasAuthority": _authority(issuer, day),
        "dpv:hasJurisdiction": [f"loc:{register.controller.country}"],
        "dpv:hasApplicableLaw": "eu-gdpr:GDPR",
        "dpv:hasLegalBasis": "eu-gdpr:A6-1-a",
        "dpv:hasNotice": _notices(proof, issuer),
        "dpv:hasProcess": _process(proof, issuer, day),
        "dpv:hasRight": [_right(each, issuer.language) for each in register.rights.values()],
        "dpv:hasConsentStatus": [
            _event(each, subject_id, given_before=any(before.given for before in events[:number]))
            for number, each in enumerate(events)
        ],
    }


def _controller(register: Register) -> dict[str, Any]:
    controller = register.controller
    return {
        "@type": "dpv:DataController",
        "schema:name": controller.name,
        "schema:address": controller.address,
        "schema:email": controller.email,
        "schema:taxID": controller.nip,
    }


def _authority(issuer: Issuer, day: date) -> dict[str, Any]:
    """Where a person could complain on that day."""
    authority = issuer.register.authority(day)
    return {
        "@type": "dpv:DataProtectionAuthority",
        "schema:name": authority.name.in_(issuer.language),
        "schema:address": authority.address,
    }


def _right(right: Right, language: Language) -> dict[str, Any]:
    return {"@type": "dpv:DataSubjectRight", "dct:title": right.title.in_(language), "dct:source": right.provision}


def _notices(proof: ConsentProof, issuer: Issuer) -> list[dict[str, Any]]:
    """The words that were agreed to, and the version of the notice that had been shown."""
    words = {"dct:identifier": proof.text_version, "dct:language": proof.language, "dct:description": proof.words}
    shown = f"{issuer.public_url}/privacy-notice?version={proof.notice_version}"
    return [
        *([{"@type": "dpv:ConsentNotice", **words}] if proof.text_version else []),
        *([{"@type": "dpv:PrivacyNotice", "@id": shown}] if proof.notice_version else []),
    ]


def _process(proof: ConsentProof, issuer: Issuer, day: date) -> dict[str, Any]:
    """What the consent is for, as the register says it."""
    register, language = issuer.register, issuer.language
    purpose = next(each for each in register.purposes.values() if proof.purpose in each.uses)
    return {
        "@type": "dpv:Process",
        "dct:identifier": proof.purpose,
        "dct:title": purpose.title.in_(language),
        "dpv:hasPurpose": KIND_OF[Purpose(proof.purpose)],
        "dpv:hasPersonalData": [
            {"@type": "dpv:PersonalData", "dct:identifier": key, "dct:title": title}
            for key, title in zip(purpose.categories, titles(register, purpose.categories, language), strict=True)
        ],
        "dpv:hasRecipient": [each.name.in_(language) for each in register.recipients_of(purpose.key)],
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageDuration", "dct:description": term_in_words(term, language, day)}
            for key in purpose.retention
            for term in register.retention[key].terms
        ],
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dct:description": purpose.withdrawal.in_(language) if purpose.withdrawal else "",
        },
    }


def _event(proof: ConsentProof, subject_id: UUID, *, given_before: bool) -> dict[str, Any]:
    ended = "dpv:ConsentWithdrawn" if given_before else "dpv:ConsentRefused"
    return {
        "@type": "dpv:ConsentGiven" if proof.given else ended,
        "dct:date": proof.decided_at.isoformat(),
        "dpv:isIndicatedBy": f"urn:uuid:{subject_id}",
        "dpv:hasIndicationMethod": f"{proof.surface}: {proof.method}",
    }
