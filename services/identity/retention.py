"""When identity's rows end, beside its data map."""

from services.identity import old_activity, old_mail
from services.identity.data_map import DATA_MAP
from shared.law.retention import policies
from shared.personal_data.data_map import RetentionClass
from shared.personal_data.retention.ends import Declared, Ends, Fact, GoesWith, Open, Retention

KNOWN_HERE = "as long as its person is known here: it goes with the erasure"
EACH_RUN = "current_date + 1"

DECLARED: tuple[Declared, ...] = (
    Open(
        "account",
        "as long as the account is used; after two years without use its owner is written to twice, then it ends",
        review="(account.used_on + interval '24 months')::date",
    ),
    Open("confirmed_address", KNOWN_HERE, review=EACH_RUN),
    Open("former_address", "as long as there is an account: a right may be asked for by it", review=EACH_RUN),
    Open("linked_person", KNOWN_HERE, review=EACH_RUN),
    GoesWith("credential", "account", "subject_id", "a password ends with its account"),
    Ends("session", (Fact("expires_at", policies.SPENT),), RetentionClass.SECURITY),
    Ends("known_device", (Fact("last_used_at", policies.SECURITY_LOG),), RetentionClass.SECURITY),
    Ends("password_reset", (Fact("asked_at", policies.UNFINISHED),), RetentionClass.SECURITY),
    Ends("email_change", (Fact("created_at", policies.UNFINISHED),), RetentionClass.SECURITY),
    Ends(
        "activity",
        (Fact("at", policies.RAW_ACTIVITY),),
        RetentionClass.ACTIVITY,
        of="raw, goes on under a pseudonym",
        does=old_activity.pseudonymize,
    ),
    Ends(
        "activity_trace",
        (Fact("day", policies.PSEUDONYMOUS_ACTIVITY, is_day=True),),
        RetentionClass.ACTIVITY,
        of="under a pseudonym, is counted",
        does=old_activity.count,
    ),
    Open("activity_pseudonym", "as long as a trace stands under it", review=EACH_RUN),
    Ends(
        "service_mail",
        (Fact("created_at", policies.RAW_ACTIVITY),),
        RetentionClass.ACTIVITY,
        of="raw, is emptied",
        where="service_mail.facts <> '{}' OR service_mail.email IS NOT NULL",
        does=old_mail.empty,
    ),
    Ends("service_mail", (Fact("created_at", policies.PSEUDONYMOUS_ACTIVITY),), RetentionClass.ACTIVITY, of="emptied"),
    Ends("sign_up", (Fact("created_at", policies.UNCONFIRMED),), RetentionClass.CONTRACT),
    Ends("pending_address", (Fact("newest_at", policies.UNCONFIRMED),), RetentionClass.CONTRACT),
    Ends("sign_in_attempt", (Fact("last_at", policies.UNCONFIRMED),), RetentionClass.SECURITY),
)
RETENTION = Retention(DATA_MAP, DECLARED)
