"""The tables of privacy that no key leads into from a person: mostly evidence, which outlives people by random ids."""

from shared.personal_data.data_map import Category, Unkeyed

EVIDENCE = (Category.PRIVACY_CASES,)
IDS_END = "the ids lead to nobody any more when the case ends; the rows stay"

UNKEYED = (
    Unkeyed("participant", "services and their data maps"),
    Unkeyed("participant_departure", "services that left, when and why"),
    Unkeyed(
        "unconfirmed_request",
        "sealed address of nobody known yet, its keyed hash and what was asked for, gone after 48 hours",
        (Category.EMAIL, Category.PRIVACY_CASES),
        ends="when it is confirmed, after 48 hours, or with the erasure",
    ),
    Unkeyed("case_event", "evidence: what happened to a case, by its random id", EVIDENCE, "with the case"),
    Unkeyed("case_transition", "how a case may go"),
    Unkeyed("desk_digest", "days on which officers were written to"),
    Unkeyed("hold_event", "evidence: what was done about a hold and why", (Category.DISPUTES,), "with the hold"),
    Unkeyed("erasure_order", "evidence: random ids of people and cases", EVIDENCE, IDS_END),
    Unkeyed("order_participant", "evidence: which service answered for how many", EVIDENCE, IDS_END),
    Unkeyed("order_report", "evidence: outcomes by random id", EVIDENCE, IDS_END),
    Unkeyed("second_page", "evidence: outcomes by random id", EVIDENCE, IDS_END),
    Unkeyed("trace_search", "how many values of a case are sought, by its random id", EVIDENCE, "with the case"),
    Unkeyed(
        "trace_values",
        "sealed values of people who are being erased, for the search alone; in no backup",
        (Category.NAME, Category.COMPANY, Category.ADDRESS, Category.PHONE, Category.EMAIL, Category.ORDER_IP),
        ends="when every service has searched, after seven days at the latest",
    ),
    Unkeyed("trace_answer", "evidence: where values were found and how often", EVIDENCE, "with the case"),
    Unkeyed("evidence_entry", "evidence: what was done, by random ids and digests under keys that end"),
    Unkeyed("evidence_node", "hashes of the evidence"),
    Unkeyed("evidence_head", "signed hashes of the evidence"),
    Unkeyed("evidence_opening", "evidence: the keys of its digests", EVIDENCE, "with what they are of"),
    Unkeyed("evidence_source", "which rows are evidence"),
    Unkeyed("certificate_issue", "evidence: digests of certificates", EVIDENCE, "with the case"),
    Unkeyed("ledger_beginning", "evidence: which ledger took the place of which, why and when, no person"),
    Unkeyed("backup_term", "for how many days backups are kept, since when"),
    Unkeyed(
        "staff_act",
        "evidence: what staff did, by their random ids and those of what they did it to",
        (Category.ACTIVITY,),
        ends="six years after the act",
    ),
    Unkeyed("retention_evidence", "evidence: how many rows of which class ended when, no person"),
    Unkeyed("breach", "what went wrong, judged and reported; no person is named"),
    Unkeyed("breach_alarm", "which mails to officers are due before the hours of a breach end"),
    Unkeyed("breach_scope", "which services and categories a breach concerns, and how far people are counted"),
    Unkeyed("breach_letter", "the vendor's own words to people whom a breach concerns"),
    Unkeyed(
        "breach_event",
        "evidence: which of the staff did what about a breach, by their random ids",
        (Category.ACTIVITY,),
        ends="six years after the last step about the breach",
    ),
    Unkeyed(
        "authority_request",
        "evidence: what authorities asked for and were given, with the random ids of whom they asked about",
        EVIDENCE,
        ends="six years after the decision",
    ),
    Unkeyed(
        "authority_event",
        "evidence: which of the staff did what about an authority's request, by their random ids",
        (Category.ACTIVITY,),
        ends="with the request",
    ),
    Unkeyed(
        "cookie_choice",
        "what a visitor lets websites do, by a random id that the visitor's page made: nobody is known by it",
        (Category.CONSENTS,),
        ends="with the day on which the visitor is asked again: after 12 months, after six for a refusal",
    ),
    Unkeyed("consent_text", "the vendor's own words"),
    Unkeyed("publication", "the vendor's own words"),
    Unkeyed("notice", "the vendor's own words, before they are published"),
    Unkeyed(
        "notice_event",
        "evidence: which of the staff approved and published which notice, by their random ids",
        (Category.ACTIVITY,),
        ends="six years after it was withdrawn or a later notice took its place",
    ),
)
