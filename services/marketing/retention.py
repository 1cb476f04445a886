"""When marketing's rows end, beside its data map: R-MKT (GDPR Art. 5(1)(e))."""

from services.marketing import reader_expiry
from services.marketing.data_map import DATA_MAP
from shared.law.retention import policies
from shared.personal_data.data_map import RetentionClass
from shared.personal_data.retention.ends import Declared, Ends, Fact, Keeper, Open, Retention

LAST_DAY = (Fact("keep_until"),)
UNASKED = f"subscriber.asked_on IS NULL OR subscriber.asked_on > $1::date - {reader_expiry.ASKED.days}"

DECLARED: tuple[Declared, ...] = (
    Ends(
        "mailing",
        LAST_DAY,
        RetentionClass.MARKETING,
        kept_by=(Keeper("mailing.state IN ('queued', 'sending')", "it is being sent"),),
    ),
    Ends("interest", LAST_DAY, RetentionClass.MARKETING),
    Ends(
        "subscriber",
        LAST_DAY,
        RetentionClass.MARKETING,
        kept_by=(Keeper(UNASKED, "the question whether to stay has not stood for its time"),),
        does=reader_expiry.end_readers,
    ),
    Open(
        "subscriber",
        "without an address: that somebody left, or objected, is obeyed until the person decides anew",
        review="current_date + 1",
        where="subscriber.keep_until IS NULL AND subscriber.email IS NULL",
    ),
    Ends("signup", (Fact("entered_at", policies.UNCONFIRMED),), RetentionClass.MARKETING),
)
RETENTION = Retention(DATA_MAP, DECLARED)
