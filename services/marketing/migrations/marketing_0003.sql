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

-- Who objected is asked by a confirmation mail once a week at most, whoever enters the address.
ALTER TABLE suppression ADD COLUMN asked_at timestamptz;

-- Who withdrew in the account has no address here any more; who is unreachable comes back by a newer decision;
-- who is to be dropped is asked first.
ALTER TABLE subscriber DROP CONSTRAINT subscriber_state_check;
ALTER TABLE subscriber ADD CONSTRAINT subscriber_state_check
  CHECK (state IN ('subscribed', 'left', 'withdrawn', 'unreachable'));
ALTER TABLE subscriber ADD COLUMN unreachable_version bigint;
ALTER TABLE subscriber ADD COLUMN asked_on date;
ALTER TABLE subscriber ADD CONSTRAINT only_subscribers_are_asked CHECK (asked_on IS NULL OR state = 'subscribed');
COMMENT ON COLUMN subscriber.unreachable_version IS 'of the permission that was in force when the mailbox was gone';
SELECT set_config('lethe.purpose', 'upkeep', true);
UPDATE subscriber s SET unreachable_version = p.version FROM permission p
WHERE s.state = 'unreachable' AND p.subject_id = s.subject_id AND p.purpose = 'direct-marketing.email';
