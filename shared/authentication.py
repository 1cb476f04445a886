"""Whether somebody has proved lately to be who he or she is, for what can't be taken back easily."""

from datetime import datetime, timedelta

from shared.problems import refuse


def check_fresh(authenticated_at: datetime | None, at: datetime, minutes: int) -> None:
    """Raise Refused (403) unless the person has just proved to be the account's owner (GDPR Art. 12(6))."""
    if authenticated_at is None or at - authenticated_at > timedelta(minutes=minutes):
        raise refuse(
            403,
            "sign in again to confirm that it is you",
            kind="urn:lethe:problem:reauthentication",
            message="POST /me/reauthentication, then repeat the request",
        )
