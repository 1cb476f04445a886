"""What privacy holds about a person, why, until when, and what erasure does to it."""

from shared.personal_data.data_map import OWNER, Category, Column, DataMap, RetentionClass, Table, Unkeyed, fact
from shared.purposes import ProcessingPurpose

EVIDENCE = (Category.PRIVACY_CASES,)
IDS_END = "the ids lead to nobody any more when the case ends; the rows stay"

DATA_MAP = DataMap(
    service="privacy",
    version=7,
    tables=(
        Table(
            "privacy_case",
            Category.PRIVACY_CASES,
            purposes=(ProcessingPurpose.ACCOUNTABILITY,),
            retention=RetentionClass.PROOF,
            kept=True,
            columns=(
                OWNER,
                # sealed with a key outside the database and destroyed with the last letter
                Column("sealed_address", Category.EMAIL, withheld="sealed"),
                # by this its owner finds the case again; it ends with the case
                Column("address_hash", Category.EMAIL, source="inferred", withheld="hash"),
                *fact("case_id", "kind", "state", "channel", "language", "verified_by", "received_at"),
                *fact("due_on", "target_on", "run_at", "terminate_contract", "letter"),
                *fact("token_hash", withheld="hash"),
                *fact("letter_due_at", "letter_tries", "ground", "notified_at", "hold_told_at"),
                *fact("order_id", "earlier_orders", "attempt", "closed_at"),
            ),
        ),
        Table(
            "copy_part",
            Category.PRIVACY_CASES,
            purposes=(ProcessingPurpose.ACCOUNTABILITY,),
            retention=RetentionClass.COPY,
            withheld="copy",
            columns=(
                OWNER,
                *fact(
                    "case_id",
                    "service",
                    "subjects",
                    "reached",
                    "pages",
                    "chunks",
                    "rows",
                    "done_at",
                    "attempts",
                    "next_try_at",
                ),
            ),
        ),
        Table(
            "copy_chunk",
            Category.PRIVACY_CASES,
            purposes=(ProcessingPurpose.ACCOUNTABILITY,),
            retention=RetentionClass.COPY,
            withheld="copy",
            columns=(OWNER, *fact("case_id", "service", "number", "sealed")),
        ),
        Table(
            "copy_key",
            Category.PRIVACY_CASES,
            purposes=(ProcessingPurpose.ACCOUNTABILITY,),
            retention=RetentionClass.COPY,
            withheld="copy",
            columns=(OWNER, *fact("case_id", "sealed_key")),
        ),
        Table(
            "consent",
            Category.CONSENTS,
            purposes=(ProcessingPurpose.COMMERCIAL_MESSAGES, ProcessingPurpose.ACCOUNTABILITY),
            retention=RetentionClass.PROOF,
            kept=True,
            columns=(
                OWNER,
                *fact("consent_id", "purpose", "given", "text_version", "language", "surface", "method"),
                *fact("decided_at", "version"),
            ),
        ),
        Table(
            "disclosure",
            Category.PRIVACY_CASES,
            purposes=(ProcessingPurpose.ACCOUNTABILITY, ProcessingPurpose.DISCLOSURE_LOG),
            retention=RetentionClass.PROOF,
            kept=True,
            columns=(
                OWNER,
                *fact("disclosure_id", "recipient", "purpose", "categories", "disclosed_at", "told_by"),
            ),
        ),
        Table(
            "block",
            Category.PRIVACY_CASES,
            purposes=(ProcessingPurpose.ACCOUNTABILITY,),
            retention=RetentionClass.CONTRACT,
            columns=(
                OWNER,
                *fact("case_id", "purpose", "version", "asked", "confirmed", "complete", "asked_at", "reminders"),
                *fact("ended_at"),
            ),
        ),
        Table(
            "legal_hold",
            Category.DISPUTES,
            purposes=(ProcessingPurpose.LEGAL_PROCEEDINGS,),
            retention=RetentionClass.CLAIMS,
            kept=True,
            columns=(
                OWNER,
                *fact("hold_id", "case_id", "scope", "ground", "placed_at", "released_at"),
                *fact("owner", withheld="others"),
            ),
        ),
        Table(
            "subject_link",
            Category.PRIVACY_CASES,
            purposes=(ProcessingPurpose.ACCOUNTABILITY,),
            retention=RetentionClass.CONTRACT,
            columns=(OWNER, *fact("person")),
        ),
        Table(
            "notice_seen",
            Category.CONSENTS,
            purposes=(ProcessingPurpose.ACCOUNTABILITY,),
            retention=RetentionClass.CONTRACT,
            columns=(OWNER, *fact("version", "seen_at")),
        ),
    ),
    unkeyed=(
        Unkeyed("participant", "services and their data maps"),
        Unkeyed("participant_departure", "services that left, when and why"),
        Unkeyed(
            "unconfirmed_request",
            "sealed address of nobody known yet and its keyed hash, gone after 48 hours",
            (Category.EMAIL,),
            ends="when it is confirmed, after 48 hours, or with the erasure",
        ),
        Unkeyed("case_event", "evidence: what happened to a case, by its random id", EVIDENCE, "with the case"),
        Unkeyed("case_transition", "how a case may go"),
        Unkeyed("hold_event", "evidence: what was done about a hold and why", (Category.DISPUTES,), "with the hold"),
        Unkeyed("erasure_order", "evidence: random ids of people and cases", EVIDENCE, IDS_END),
        Unkeyed("order_participant", "evidence: which service answered for how many", EVIDENCE, IDS_END),
        Unkeyed("order_report", "evidence: outcomes by random id", EVIDENCE, IDS_END),
        Unkeyed("second_page", "evidence: outcomes by random id", EVIDENCE, IDS_END),
        Unkeyed("consent_text", "the vendor's own words"),
        Unkeyed("publication", "the vendor's own words"),
    ),
)
