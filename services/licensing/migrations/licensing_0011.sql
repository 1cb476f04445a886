-- Why a correcting invoice was issued: money went back, or the buyer is named as is right (GDPR Art. 16).
ALTER TABLE invoice ADD COLUMN cause text NOT NULL DEFAULT ''
  CHECK (cause = '' OR (kind = 'correction' AND cause IN ('refund', 'buyer')));
SET LOCAL lethe.purpose = 'legal-duty';
UPDATE invoice SET cause = 'refund' WHERE kind = 'correction';
RESET lethe.purpose;
