"""The names of privacy's loops, by which transactions wake them."""

DISPATCHER = "dispatcher"
CLOSING = "closing"
REMINDERS = "reminders"
LETTERS = "letters"
CODES = "codes"
PUBLISHING = "publishing"
