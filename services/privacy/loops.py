"""The names of privacy's loops, by which transactions wake them."""

DISPATCHER = "dispatcher"
LETTERS = "letters"
CODES = "codes"
PUBLISHING = "publishing"
