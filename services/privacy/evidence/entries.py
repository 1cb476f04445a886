"""What an entry of the log says, and the bytes that its leaf is the hash of."""

import json
from dataclasses import dataclass
from datetime import datetime

from services.privacy.evidence.tree import leaf_hash


@dataclass(frozen=True)
class Entry:
    """One thing that was done; `about` is a random id or a name of ours, `digest` is of a row under its own key."""

    number: int
    at: datetime
    act: str
    about: str
    digest: bytes

    @property
    def content(self) -> str:
        """Canonical JSON: sorted names, no spaces, ASCII."""
        named = {
            "about": self.about,
            "act": self.act,
            "at": self.at.isoformat(),
            "digest": self.digest.hex(),
            "number": self.number,
        }
        return json.dumps(named, separators=(",", ":"))

    @property
    def leaf(self) -> bytes:
        return leaf_hash(self.content.encode())
