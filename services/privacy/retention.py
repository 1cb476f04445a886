"""When privacy's rows end, beside its data map: proof outlives what it proves by six years (GDPR Art. 5(2))."""

from services.privacy.data_map import DATA_MAP
from shared.law.retention import policies
from shared.personal_data.data_map import RetentionClass
from shared.personal_data.retention.ends import Declared, Ends, Fact, GoesWith, Keeper, Open, Retention

LAST_DAY = (Fact("retain_until"),)
EACH_RUN = "current_date + 1"
# What is copied, ruled, looked at, noted, written and refused in a case; copies end two weeks after they are ready.
OF_A_CASE = (
    *("case_correction", "copy_part", "copy_chunk", "copy_key", "recipient_notice", "block"),
    *("staff_look", "case_note", "case_letter", "case_refusal"),
)
CASE_IS_KEPT = Keeper(
    "EXISTS (SELECT FROM privacy_case c WHERE c.case_id = ANY (erasure_order.cases))", "a case of it is kept"
)

DECLARED: tuple[Declared, ...] = (
    *(GoesWith(table, "privacy_case", "case_id", "it ends with its case") for table in OF_A_CASE),
    Open("privacy_case", "until it is closed", review="due_on", where="privacy_case.closed_at IS NULL"),
    Ends(
        "privacy_case",
        (Fact("closed_at", policies.PROOF),),
        RetentionClass.PROOF,
        of="closed",
        where="privacy_case.closed_at IS NOT NULL",
    ),
    Open("consent", "as long as the consent lives", review=EACH_RUN, where="consent.retain_until IS NULL"),
    Ends("consent", LAST_DAY, RetentionClass.PROOF, of="withdrawn"),
    Ends("disclosure", LAST_DAY, RetentionClass.PROOF),
    Open("legal_hold", "as long as the dispute lasts for which it was placed"),
    Ends("legal_hold", LAST_DAY, RetentionClass.CLAIMS, of="released"),
    Open("subject_link", "as long as its person is known here: it goes with the erasure", review=EACH_RUN),
    GoesWith("authority_telling", "authority_request", "request_id", "it ends with what it tells of"),
    Open("notice_seen", "as long as its person is known here: it goes with the erasure", review=EACH_RUN),
    Open("breach_scope_person", "until its people are named: it goes with the erasure, too", review=EACH_RUN),
    Open("breach_person", "as long as its person is known here: it goes with the erasure", review=EACH_RUN),
    Open("notice_told", "as long as its person is known here: it goes with the erasure", review=EACH_RUN),
    Ends("cookie_choice", LAST_DAY, RetentionClass.COOKIES),
    Ends("unconfirmed_request", (Fact("received_at", policies.UNCONFIRMED),), RetentionClass.PROOF),
    Ends(
        "erasure_order",
        (Fact("closed_at", policies.PROOF),),
        RetentionClass.PROOF,
        of="with what every service reported",
        kept_by=(CASE_IS_KEPT,),
    ),
    Open("authority_request", "until it is decided", review=EACH_RUN, where="authority_request.decided_at IS NULL"),
    Ends(
        "authority_request",
        (Fact("decided_at", policies.PROOF),),
        RetentionClass.PROOF,
        of="decided",
        where="authority_request.decided_at IS NOT NULL",
    ),
    Ends("second_page", (Fact("ended_at", policies.PROOF, is_day=True),), RetentionClass.PROOF),
    Ends("retention_evidence", (Fact("ended_at", policies.PROOF),), RetentionClass.PROOF),
)
RETENTION = Retention(DATA_MAP, DECLARED)
