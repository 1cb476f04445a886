"""What ends within days: unconfirmed sign-ups, sessions, tries, what was not finished, staff.

What is kept for longer ends by the retention run (services/identity/retention.py).
"""

from services.identity.settings import IdentitySettings
from services.identity.staff import sessions as staff_sessions
from shared.database import Database
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
END_SESSIONS = """
DELETE FROM session WHERE expires_at < now() OR last_seen_at < now() - make_interval(secs => $1)
"""


async def expire(database: Database, settings: IdentitySettings) -> bool:
    async with database.transaction(Purpose.UPKEEP) as tx:
        for statement in EXPIRE:
            await tx.run(statement)
        await tx.run(END_SESSIONS, settings.session_idle_s)
    return False
