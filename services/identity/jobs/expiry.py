"""What ends by its age: unconfirmed sign-ups, sessions, tries, the activity log, service mail, staff."""

from services.identity.data_map import DATA_MAP
from services.identity.settings import IdentitySettings
from services.identity.staff import sessions as staff_sessions
from shared.clock import today
from shared.database import Database
from shared.personal_data.holds import unless_held
from shared.personal_data.retention_run import say_what_waits
from shared.purposes import Purpose

INTERVAL_S = 60.0

EXPIRE = (
    "DELETE FROM sign_up WHERE created_at < now() - interval '48 hours'",
    "DELETE FROM pending_address WHERE newest_at < now() - interval '48 hours'",
    "DELETE FROM mail_request WHERE due_at IS NULL AND full_at < now()",
    "DELETE FROM sign_in_attempt WHERE last_at < now() - interval '24 hours'",
    "DELETE FROM failed_sign_in WHERE at < now() - interval '24 hours'",
    "DELETE FROM password_reset WHERE coalesce(expires_at, asked_at + interval '7 days') < now()",
    "DELETE FROM email_change WHERE created_at < now() - interval '7 days'",
    """UPDATE service_mail SET refused_at = now(), email = NULL
    WHERE sent_at IS NULL AND refused_at IS NULL AND created_at < now() - interval '7 days'""",
    staff_sessions.END_OLD,
    "DELETE FROM staff WHERE enrolled_at IS NULL AND invited_until < now()",
    "SELECT end_old_audit()",
)
# By the purpose `retention`: rows of restricted people are not seen and stay, and so does what is held.
OF_PEOPLE = {
    "known_device": "last_used_at < $1::date - interval '90 days'",
    "activity": "at < $1::date - interval '90 days'",
    "service_mail": "created_at < $1::date - interval '12 months'",
}
END_SESSIONS = """
DELETE FROM session WHERE expires_at < now() OR last_seen_at < now() - make_interval(secs => $1)
"""


async def expire(database: Database, settings: IdentitySettings) -> bool:
    async with database.transaction(Purpose.UPKEEP) as tx:
        for statement in EXPIRE:
            await tx.run(statement)
        await tx.run(END_SESSIONS, settings.session_idle_s)
    async with database.transaction(Purpose.RETENTION) as tx:
        for table, is_over in OF_PEOPLE.items():
            free = unless_held(DATA_MAP, table)
            await tx.run(f"DELETE FROM {table} WHERE {is_over} AND {free}", today())  # noqa: S608 constants
        await say_what_waits(tx, OF_PEOPLE, today(), DATA_MAP)
    return False
