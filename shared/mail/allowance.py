"""How much mail a form may cause: a mailbox gets three at once and then one every twenty minutes, whoever asks.

That is five an hour at most. What comes too early is not refused: it waits until it is due, as a stranger may have
asked for the mails before, and one that waits answers everybody who asks meanwhile.
"""

AT_ONCE = 3
EVERY_S = 1200.0
AHEAD_S = (AT_ONCE - 1) * EVERY_S
"""A mail may leave when its mailbox has its whole allowance again within this time (the rule of a leaky bucket)."""
