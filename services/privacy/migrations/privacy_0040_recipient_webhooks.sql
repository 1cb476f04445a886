-- A recipient's own system may be told (GDPR Art. 19): it acknowledges by its answer. `fault` is what became of the last
-- try: the status of an answer, or the kind of failure, and never a word of what the other side said.
ALTER TABLE recipient_notice
  DROP CONSTRAINT recipient_notice_how_check,
  ADD CONSTRAINT recipient_notice_how_check
    CHECK (how IN ('mail', 'webhook', 'letter', 'telephone', 'portal', 'impossible', 'disproportionate')),
  ADD COLUMN fault text NOT NULL DEFAULT '',
  ADD CONSTRAINT a_fault_quotes_nobody CHECK (fault ~ '^([1-5]\d\d)?$' OR fault IN (
    'timeout', 'no connection', 'no such name', 'certificate', 'forbidden address', 'broken answer', 'too large',
    'mail refused', 'mail given up'));
-- A mail was sent and nobody knows more; an answer to a webhook is the recipient's own word.
ALTER TABLE recipient_notice ADD COLUMN state text NOT NULL GENERATED ALWAYS AS (
  CASE WHEN how IN ('impossible', 'disproportionate') THEN 'impossible'
    WHEN how = 'webhook' THEN 'acknowledged'
    WHEN how IS NOT NULL THEN 'sent'
    WHEN fault <> '' THEN 'failed'
    ELSE 'due' END) STORED;
