-- Why a license is suspended, one row for each cause: it works again when none is left. `source` tells two of one cause apart, as two
-- disputes. The rows of a running contract outlive its holder's account, as the devices do.
CREATE TABLE suspension (
  license_id uuid NOT NULL REFERENCES license,
  cause text NOT NULL CHECK (cause IN ('staff', 'dispute', 'unpaid', 'ban')),
  source text NOT NULL DEFAULT '',
  subject_id uuid NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL,
  PRIMARY KEY (license_id, cause, source)
);
CALL lethe.kept('suspension', true);

-- Until now only staff suspended, without a reason. In a new database the kit may name its columns later; it has no rows.
SET LOCAL lethe.purpose = 'legal-duty';
DO $$ BEGIN
  IF EXISTS (SELECT FROM license WHERE state = 'suspended' OR ended_from = 'suspended') THEN
    INSERT INTO suspension (license_id, cause, subject_id, reason, since, live, retain_until, review_at, provisions, exemptions)
    SELECT license_id, 'staff', subject_id, '', now(), live, retain_until, review_at, provisions, exemptions
    FROM license WHERE state = 'suspended' OR ended_from = 'suspended';
  END IF;
END $$;
RESET lethe.purpose;
SET CONSTRAINTS ALL IMMEDIATE;

-- A payment that its payer's bank takes back, until the provider tells how that ended. A record of the sale, kept as long.
CREATE TABLE dispute (
  dispute_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  order_id uuid NOT NULL REFERENCES purchase,
  payment_id uuid NOT NULL REFERENCES payment,
  provider_dispute text NOT NULL UNIQUE,
  amount bigint NOT NULL,
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'won', 'lost')),
  opened_at timestamptz NOT NULL,
  evidence_until timestamptz,
  closed_at timestamptz
);
CALL lethe.kept('dispute');
CREATE INDEX ON dispute (order_id);
CREATE INDEX ON dispute (payment_id);

-- What a case is about where its kind, which older readers know, says less; and until when something can be done about it.
ALTER TABLE staff_case ADD topic text NOT NULL DEFAULT '', ADD due_at timestamptz;
