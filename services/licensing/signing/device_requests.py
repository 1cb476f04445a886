"""What a program without a network writes, for its owner to carry to the panel: one line, without a clear fingerprint.

`lethe-request.1.<hash of the key>.<hash of the device>.<nonce>`, the hashes in hexadecimal, as they are stored.
"""

import re

from services.licensing.signing.statements import Bound
from shared.problems import refuse

FORM = re.compile(r"lethe-request\.1\.([0-9a-f]{64})\.([0-9a-f]{64})\.([A-Za-z0-9_-]{1,64})")


def read(text: str) -> Bound:
    """What the program asked; mail breaks long lines. Raises Refused (422)."""
    found = FORM.fullmatch(re.sub(r"\s", "", text))
    if found is None:
        message = "carry the whole text over: lethe-request.1. and three parts with dots between"
        raise refuse(422, "this is no request of a program", field="request", message=message)
    return Bound(bytes.fromhex(found[1]), bytes.fromhex(found[2]), found[3])
