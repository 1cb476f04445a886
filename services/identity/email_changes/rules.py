"""When an address may be changed."""

from datetime import datetime, timedelta

from shared.problems import refuse

FRESH = timedelta(minutes=15)


def check_fresh(authenticated_at: datetime, at: datetime) -> None:
    """Raise Refused (403) unless the owner proved to be there a short while ago."""
    if at - authenticated_at > FRESH:
        raise refuse(
            403,
            "sign in again to confirm that it is you",
            kind="urn:lethe:problem:reauthentication",
            message="POST /me/reauthentication, then repeat the request",
        )
