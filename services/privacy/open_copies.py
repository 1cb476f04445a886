"""Copies that are not over: meanwhile nobody's erasure is ordered, and nothing is prepared for it."""

from services.privacy.subject_links import LINKED
from shared.database import ONE_BY_ONE

COPY_IS_OPEN = f"""EXISTS (
    SELECT FROM privacy_case copy WHERE copy.kind IN ('access', 'portability') AND copy.closed_at IS NULL
      AND copy.state <> 'identity pending'
      AND copy.subject_id = ANY (ARRAY(SELECT c.subject_id
        UNION ALL {LINKED.format(subject_id="c.subject_id")}))
    {ONE_BY_ONE})"""
"""Whether somebody's copy is not over yet, by any id of the person of a case `c`: until then no erasure is ordered.

What nobody was proved to have asked for holds up no erasure.
"""
