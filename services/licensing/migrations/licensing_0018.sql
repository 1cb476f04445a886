-- The latest notice of a license's end: its step, in days from the last day on, and the end that it was about. A later end has notices of
-- its own. Whoever was told 3 days before is not told again of the 7.
ALTER TABLE license ADD expiry_told_step smallint, ADD expiry_told_end timestamptz;
SET LOCAL lethe.purpose = 'legal-duty';
UPDATE license SET expiry_told_step = -7, expiry_told_end = expires_at WHERE expiry_told_at IS NOT NULL;
RESET lethe.purpose;
-- Checks that are deferred stand in the way of changing the table.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE license ADD CHECK ((expiry_told_step IS NULL) = (expiry_told_end IS NULL));
DROP INDEX expiring;
CREATE INDEX expiring ON license (expires_at) WHERE live AND state IN ('active', 'expired');
