-- A license that ran out says so itself; `ended_from` tells what it was before.
ALTER TABLE license DROP CONSTRAINT license_state_check,
  ADD CONSTRAINT license_state_check CHECK (state IN ('active', 'suspended', 'expired', 'ended')),
  DROP CONSTRAINT license_ended_from_check,
  ADD CONSTRAINT license_ended_from_check CHECK (ended_from IN ('active', 'suspended', 'expired'));
CREATE INDEX to_run_out ON license (expires_at) WHERE live AND state IN ('active', 'suspended');
