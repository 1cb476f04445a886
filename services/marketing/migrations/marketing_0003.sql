-- A campaign waits when the mail server refuses the vendor, and staff may end it.
ALTER TABLE campaign DROP CONSTRAINT campaign_state_check;
ALTER TABLE campaign ADD CONSTRAINT campaign_state_check
  CHECK (state IN ('draft', 'sending', 'paused', 'finished', 'cancelled'));
ALTER TABLE campaign ADD COLUMN reason text NOT NULL DEFAULT '';
ALTER TABLE campaign ADD COLUMN pauses integer NOT NULL DEFAULT 0;
ALTER TABLE campaign ADD COLUMN resumes_at timestamptz;
ALTER TABLE campaign ADD CONSTRAINT pausing_has_a_reason CHECK ((state = 'paused') = (reason <> ''));
COMMENT ON COLUMN campaign.pauses IS 'since the last mail that was sent';
CREATE INDEX resuming ON campaign (resumes_at) WHERE state = 'paused';

-- Mails are claimed campaign by campaign, so that a paused one costs the others nothing.
DROP INDEX queue;
CREATE INDEX queue ON mailing (campaign_id, due_at) WHERE state = 'queued';
