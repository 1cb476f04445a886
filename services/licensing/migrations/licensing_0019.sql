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

-- How often a program may give a seat back by the key in 30 days; none said: without a limit. A license keeps what its product said when
-- it was sold, and the moments that count, oldest first, where it has a limit.
ALTER TABLE product ADD max_deactivations integer CHECK (max_deactivations > 0);
ALTER TABLE license ADD max_deactivations integer CHECK (max_deactivations > 0),
  ADD deactivated_at timestamptz[] NOT NULL DEFAULT '{}';
CREATE INDEX deactivated ON license ((deactivated_at[1])) WHERE deactivated_at <> '{}';
