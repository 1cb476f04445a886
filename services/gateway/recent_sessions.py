"""What identity said of a session within the last second: whoever asks more often costs no more questions."""

from collections import OrderedDict
from time import monotonic

from shared.contracts.identity import Principal
from shared.secrets import digest

SECONDS = 1.0
"""An ended session is at an end everywhere after so long."""


class RecentSessions:
    """By the hash of their token, oldest first; they go as they age, and all of them with the process."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    def recent(self, token: str) -> Principal | None:
        self._drop_old()
        until, principal = self._known.get(digest(token), (0.0, None))
        return principal if until > monotonic() else None

    def remember(self, token: str, principal: Principal) -> None:
        """Also anew: the second begins again."""
        self.forget(token)
        self._known[digest(token)] = (monotonic() + SECONDS, principal)

    def forget(self, token: str) -> None:
        self._known.pop(digest(token), None)

    def _drop_old(self) -> None:
        while self._known and next(iter(self._known.values()))[0] <= monotonic():
            self._known.popitem(last=False)
