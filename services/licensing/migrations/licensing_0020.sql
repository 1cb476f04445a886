-- A product is sold in editions. What an edition promises stands in policies: a version is added and never changed, and orders
-- and licenses point to the one they were sold on.
ALTER TABLE product ADD edition text NOT NULL DEFAULT 'standard';
ALTER TABLE purchase DROP CONSTRAINT purchase_product_fkey;
ALTER TABLE license DROP CONSTRAINT license_product_fkey;
ALTER TABLE product DROP CONSTRAINT product_pkey, ADD PRIMARY KEY (code, edition);

CREATE TABLE policy (
  product text NOT NULL,
  edition text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  months integer CHECK (months > 0),  -- null: without an end
  starts text NOT NULL DEFAULT 'issue' CHECK (starts IN ('issue', 'first activation')),
  after_end text NOT NULL DEFAULT 'block' CHECK (after_end IN ('block', 'no updates')),
  renews_from text NOT NULL DEFAULT 'expiry' CHECK (renews_from IN ('expiry', 'now', 'now if expired')),
  devices integer NOT NULL CHECK (devices > 0),
  fingerprint_required boolean NOT NULL DEFAULT false,
  max_deactivations integer CHECK (max_deactivations > 0),
  entitlements text[] NOT NULL DEFAULT '{}',
  trial_days integer CHECK (trial_days > 0),  -- null: no trial
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (product, edition, version),
  FOREIGN KEY (product, edition) REFERENCES product (code, edition)
);

-- Products were changed in place: whatever terms were sold are versions of their own, and what is on sale is the newest.
ALTER TABLE purchase ADD edition text NOT NULL DEFAULT 'standard', ADD policy_version integer;
ALTER TABLE license ADD edition text NOT NULL DEFAULT 'standard', ADD policy_version integer,
  ADD updates_until timestamptz;
SET LOCAL lethe.purpose = 'legal-duty';
CREATE VIEW sold_terms AS
  SELECT o.order_id, o.product, o.months, o.device_limit / o.quantity AS devices,
    COALESCE(l.fingerprint_required, p.fingerprint_required) AS fingerprint_required,
    CASE WHEN l.license_id IS NULL THEN p.max_deactivations ELSE l.max_deactivations END AS max_deactivations
  FROM purchase o JOIN product p ON p.code = o.product LEFT JOIN license l USING (order_id);
INSERT INTO policy (product, edition, version, months, devices, fingerprint_required, max_deactivations)
SELECT product, 'standard', row_number() OVER (PARTITION BY product ORDER BY bool_or(is_current), months, devices),
  months, devices, fingerprint_required, max_deactivations
FROM (
  SELECT product, months, devices, fingerprint_required, max_deactivations, false AS is_current FROM sold_terms
  UNION ALL SELECT code, months, device_limit, fingerprint_required, max_deactivations, true FROM product) AS terms
GROUP BY product, months, devices, fingerprint_required, max_deactivations;
UPDATE purchase SET policy_version = policy.version FROM sold_terms s, policy
WHERE s.order_id = purchase.order_id AND policy.product = s.product
  AND (policy.months, policy.devices, policy.fingerprint_required, policy.max_deactivations)
    IS NOT DISTINCT FROM (s.months, s.devices, s.fingerprint_required, s.max_deactivations);
UPDATE license SET policy_version = o.policy_version FROM purchase o WHERE o.order_id = license.order_id;
DROP VIEW sold_terms;
RESET lethe.purpose;
-- Checks that are deferred stand in the way of changing the tables.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE purchase ALTER COLUMN policy_version SET NOT NULL, ALTER COLUMN edition DROP DEFAULT,
  DROP COLUMN device_limit, DROP COLUMN months,
  ADD FOREIGN KEY (product, edition, policy_version) REFERENCES policy;
ALTER TABLE license ALTER COLUMN policy_version SET NOT NULL, ALTER COLUMN edition DROP DEFAULT,
  DROP COLUMN fingerprint_required, DROP COLUMN max_deactivations,
  ADD FOREIGN KEY (product, edition, policy_version) REFERENCES policy;
ALTER TABLE product DROP COLUMN device_limit, DROP COLUMN months, DROP COLUMN fingerprint_required,
  DROP COLUMN max_deactivations, ALTER COLUMN edition DROP DEFAULT;

-- The owner's migrations may mend what they must.
CREATE FUNCTION policy_stays_as_sold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
    RETURN COALESCE(NEW, OLD);
  END IF;
  RAISE EXCEPTION 'a version of a policy is not changed'
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'policy_stays_as_sold', TABLE = 'policy';
END $$;
CREATE TRIGGER policy_stays_as_sold BEFORE UPDATE OR DELETE ON policy
  FOR EACH ROW EXECUTE FUNCTION policy_stays_as_sold();
