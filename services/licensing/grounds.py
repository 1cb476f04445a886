"""Why rows stay although their person asked for erasure, apart from what tax law says (shared/law/retention)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ground:
    """A reason to keep: the provision, and the exemption from the right to erasure."""

    provision: str
    exemption: str


RUNNING_CONTRACT = Ground("umowa w toku: GDPR Art. 6(1)(b)", "GDPR Art. 17(1)(a) not met")
UNPAID_DEBT = Ground("unpaid debt: KC art. 118", "GDPR Art. 17(3)(e)")
