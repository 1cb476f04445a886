"""The privacy service: cases, erasure orders, consents, documents, evidence."""

from pathlib import Path
from typing import Any

from services.privacy.erasure import ERASER
from services.privacy.evidence.checkpoints import CheckpointSigner
from services.privacy.handlers import (
    authorities,
    breaches,
    case_requests,
    case_tokens,
    cases,
    catch_up,
    certificates,
    consent_proofs,
    consents,
    contracts,
    cookie_choices,
    copies,
    desk,
    desk_arrival,
    desk_decisions,
    disclosures,
    dormant_accounts,
    erasure_orders,
    erasure_reports,
    erasures,
    evidence,
    holds,
    ledger,
    notice,
    notices,
    participants,
    permission_reports,
    recipients,
    record,
    register,
    restrictions,
    retention_runs,
    reviews,
    staff_acts,
    stops,
    subject_links,
)
from services.privacy.jobs import breach_alarms, digest
from services.privacy.jobs.authorities import see_to_authorities
from services.privacy.jobs.backups import end_backups
from services.privacy.jobs.blocks import see_to_blocks
from services.privacy.jobs.breach_letters import write_of_breaches
from services.privacy.jobs.breach_scopes import count_people
from services.privacy.jobs.codes import send_codes
from services.privacy.jobs.consent_proofs import hash_consents
from services.privacy.jobs.copies import end_copies, make_copies
from services.privacy.jobs.desk_letters import send_desk_letters
from services.privacy.jobs.documents import INTERVAL_S, publish_documents
from services.privacy.jobs.erasure_orders import close_complete, dispatch
from services.privacy.jobs.evidence import add_evidence, end_evidence
from services.privacy.jobs.holds import INTERVAL_S as HOLDS_INTERVAL_S
from services.privacy.jobs.holds import see_to_holds
from services.privacy.jobs.letters import send_letters
from services.privacy.jobs.recipient_letters import tell_recipients
from services.privacy.jobs.recipient_webhooks import post_webhooks
from services.privacy.jobs.reminders import remind
from services.privacy.jobs.tellings import INTERVAL_S as TELLING_INTERVAL_S
from services.privacy.jobs.tellings import rule_on_new, see_to_tellings
from services.privacy.jobs.trace_searches import gather_values, search_traces
from services.privacy.ledger.keeping import Keeper
from services.privacy.ledger.replay import bring_up
from services.privacy.loops import (
    AUTHORITIES,
    BACKUPS,
    BLOCKS,
    BREACH_ALARMS,
    BREACH_LETTERS,
    BREACH_SCOPES,
    CLOSING,
    CODES,
    COPIES,
    DESK_LETTERS,
    DIGEST,
    DISPATCHER,
    EVIDENCE,
    EXPIRY,
    HOLDS,
    LETTERS,
    NEW_PURPOSES,
    OLD_EVIDENCE,
    PROOFS,
    PUBLISHING,
    RECIPIENTS,
    REMINDERS,
    SEARCHING,
    TELLING,
    TRACES,
    WEBHOOKS,
)
from services.privacy.recipients.webhooks import Webhooks, targets
from services.privacy.register.loading import register as loaded_register
from services.privacy.register.model import Register
from services.privacy.retention import RETENTION
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from shared.lifecycle import CannotStart
from shared.loops import Loop
from shared.mail.mailer import Mailer
from shared.messaging.router import ServiceRouter
from shared.personal_data.registered import refuse_unknown
from shared.service import Gate, Resources, Service

CLOSING_INTERVAL_S = 60.0
PROOFS_INTERVAL_S = 10.0
EXPIRY_INTERVAL_S = 10.0
EVIDENCE_INTERVAL_S = 5.0
BACKUPS_INTERVAL_S = 3600.0
OLD_EVIDENCE_INTERVAL_S = 3600.0

router = ServiceRouter("privacy")
router.include(cases.router, case_requests.router, certificates.router, consents.router, consent_proofs.router)
router.include(stops.router, breaches.router, authorities.router, cookie_choices.router)
router.include(participants.router, erasure_reports.router, subject_links.router, catch_up.router)
router.include(
    contracts.router, disclosures.router, notice.router, record.router, register.router, erasure_orders.router
)
router.include(case_tokens.router, erasures.router, copies.router, evidence.router, staff_acts.router)
router.include(permission_reports.router, restrictions.router, reviews.router, holds.router)
router.include(desk.router, desk_arrival.router, desk_decisions.router, recipients.router)
router.include(retention_runs.router, dormant_accounts.router, notices.router, ledger.router)


def wire(resources: Resources) -> dict[str, Any]:
    settings: PrivacySettings = resources.settings
    keyring, register = settings.keyring("privacy"), _registered(settings)
    return {
        "keyring": keyring,
        "seal": AddressSeal(keyring),
        "checkpoint_signer": CheckpointSigner.of(keyring),
        "mailer": Mailer(settings.smtp_url, settings.mail_sender),
        "register": register,
        "posting": _webhooks(settings, register),
        "required": settings.required,
    }


def _registered(settings: PrivacySettings) -> Register:
    """A register that is not whole, or does not know whom privacy gives data to, keeps it from starting."""
    register = loaded_register()
    refuse_unknown(register.unknown_recipients(settings.recipients))
    return register


def _webhooks(settings: PrivacySettings, register: Register) -> Webhooks:
    """Raises CannotStart: a recipient that nobody can tell is not found out when somebody was erased."""
    try:
        found = targets(register, settings.secrets_of_recipients, local=settings.local_webhooks)
    except ValueError as error:
        raise CannotStart(str(error)) from None
    return Webhooks(settings.webhook_limit_s, settings.local_webhooks, found)


def gate(settings: PrivacySettings) -> Gate:
    """Nothing is decided outside the ledger, and nobody is served by a database that is behind it."""
    keeper = Keeper(Path(settings.ledger))
    return Gate(keeper.before_commit, lambda database: bring_up(database, keeper))


def jobs(settings: PrivacySettings) -> list[Loop]:
    return [
        Loop(TRACES, gather_values),
        Loop(DISPATCHER, dispatch),
        Loop(CLOSING, close_complete, CLOSING_INTERVAL_S),
        Loop(SEARCHING, search_traces, settings.search_every_s),
        Loop(REMINDERS, remind, settings.remind_after_s / 4),
        Loop(BLOCKS, see_to_blocks, settings.remind_after_s / 4),
        Loop(HOLDS, see_to_holds, HOLDS_INTERVAL_S),
        Loop(LETTERS, send_letters),
        Loop(DESK_LETTERS, send_desk_letters),
        Loop(RECIPIENTS, tell_recipients, settings.recipients_every_s),
        Loop(WEBHOOKS, post_webhooks, settings.recipients_every_s),
        Loop(AUTHORITIES, see_to_authorities, settings.recipients_every_s),
        Loop(CODES, send_codes),
        Loop(PROOFS, hash_consents, PROOFS_INTERVAL_S),
        Loop(BREACH_ALARMS, breach_alarms.alarm_of_breaches, breach_alarms.INTERVAL_S),
        Loop(BREACH_LETTERS, write_of_breaches),
        Loop(BREACH_SCOPES, count_people),
        Loop(DIGEST, digest.send_digest, digest.INTERVAL_S),
        Loop(COPIES, make_copies),
        Loop(EXPIRY, end_copies, EXPIRY_INTERVAL_S),
        Loop(EVIDENCE, add_evidence, EVIDENCE_INTERVAL_S),
        Loop(BACKUPS, end_backups, BACKUPS_INTERVAL_S),
        Loop(OLD_EVIDENCE, end_evidence, OLD_EVIDENCE_INTERVAL_S),
        Loop(PUBLISHING, publish_documents, INTERVAL_S),
        Loop(NEW_PURPOSES, rule_on_new, TELLING_INTERVAL_S),
        Loop(TELLING, see_to_tellings, TELLING_INTERVAL_S),
    ]


SERVICE = Service(
    "privacy",
    router,
    ERASER,
    settings=PrivacySettings,
    wire=wire,
    jobs=jobs,
    takes_orders=False,
    gate=gate,
    ends=RETENTION,
)

if __name__ == "__main__":
    SERVICE.main()
