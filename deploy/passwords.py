"""The password of each role and user, derived from one secret: setting up again changes nothing for those who run."""

import hashlib
import hmac
from base64 import urlsafe_b64encode


def password(secret: str, who: str) -> str:
    """HMAC-SHA-256 of the name, 43 characters safe in URLs. Raises ValueError for a short secret."""
    if len(secret) < 32:  # noqa: PLR2004 characters, about 192 bits of base64
        raise ValueError("the secret for passwords must have at least 32 characters")
    digest = hmac.digest(secret.encode(), who.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
