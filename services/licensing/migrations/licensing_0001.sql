-- Money is in grosze, VAT rates in hundredths of a percent.

-- ── Not about people ────────────────────────────────────────────────────────────────────────────
CREATE TABLE product (
  code text PRIMARY KEY,
  name text NOT NULL,
  net bigint NOT NULL CHECK (net > 0),
  device_limit integer NOT NULL CHECK (device_limit > 0),
  months integer CHECK (months > 0),  -- null: perpetual
  on_sale boolean NOT NULL DEFAULT true
);
INSERT INTO product (code, name, net, device_limit, months) VALUES
  ('auditor-month', 'Site Auditor, one month', 4900, 1, 1),
  ('auditor-year', 'Site Auditor, one year', 39900, 3, 12),
  ('studio-year', 'Link Studio, one year', 89900, 5, 12),
  ('studio-perpetual', 'Link Studio, perpetual', 249900, 3, NULL);

-- The counter row is locked by the transaction that issues, so a number is neither lost nor given twice.
CREATE TABLE invoice_series (
  series text NOT NULL,
  year integer NOT NULL,
  last integer NOT NULL,
  PRIMARY KEY (series, year)
);

-- References of payments for orders that are no more: money that still arrives is sent back. Nothing here
-- leads to a person; the provider alone knows whose reference it was. Gone after 90 days.
CREATE TABLE void_payment (
  reference text PRIMARY KEY,
  amount bigint NOT NULL,
  voided_at timestamptz NOT NULL DEFAULT now(),
  confirmed_at timestamptz,
  sent_back_at timestamptz
);
CREATE INDEX to_send_back ON void_payment (confirmed_at) WHERE confirmed_at IS NOT NULL AND sent_back_at IS NULL;

-- ── Orders ──────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE purchase (
  order_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  product text NOT NULL REFERENCES product (code),
  quantity integer NOT NULL CHECK (quantity > 0),
  device_limit integer NOT NULL,
  months integer,
  pay_by text NOT NULL CHECK (pay_by IN ('card', 'transfer')),
  state text NOT NULL CHECK (state IN ('open', 'invoiced', 'paid', 'refunded', 'cancelled')),
  country text NOT NULL,
  vat_treatment text NOT NULL CHECK (vat_treatment IN ('domestic', 'oss', 'reverse charge')),
  vat_rate integer NOT NULL,
  net bigint NOT NULL CHECK (net > 0),
  vat bigint NOT NULL CHECK (vat >= 0),
  gross bigint NOT NULL,
  refunded bigint NOT NULL DEFAULT 0,
  placed_at timestamptz NOT NULL,
  paid_at timestamptz,
  CHECK (gross = net + vat),
  CHECK (refunded BETWEEN 0 AND gross)
);
CALL lethe.kept('purchase', true);
CREATE INDEX ON purchase (product);

-- The address from which an order came: tax evidence for an OSS sale, a trace of 90 days for any other.
CREATE TABLE purchase_origin (
  order_id uuid PRIMARY KEY REFERENCES purchase,
  subject_id uuid NOT NULL,
  ip inet NOT NULL,
  billing_country text NOT NULL,
  observed_at timestamptz NOT NULL,
  purge_after date  -- null: tax evidence, kept until retain_until
);
CALL lethe.kept('purchase_origin');
CREATE INDEX ON purchase_origin (purge_after) WHERE purge_after IS NOT NULL;

-- What the buyer agreed to; without the two consents of a consumer no key is shown before 14 days are over.
CREATE TABLE purchase_terms (
  order_id uuid PRIMARY KEY REFERENCES purchase,
  subject_id uuid NOT NULL,
  terms_version text NOT NULL,
  accepted_at timestamptz NOT NULL,
  immediate_delivery_at timestamptz,
  withdrawal_waived_at timestamptz,
  confirmed_at timestamptz
);
CALL lethe.kept('purchase_terms', true);

-- ── Money ───────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE payment (
  payment_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  order_id uuid NOT NULL REFERENCES purchase,
  provider text NOT NULL,
  reference text NOT NULL UNIQUE,
  amount bigint NOT NULL CHECK (amount > 0),
  state text NOT NULL CHECK (state IN ('started', 'failed', 'confirmed', 'void', 'refunded')),
  started_at timestamptz NOT NULL,
  confirmed_at timestamptz
);
CALL lethe.kept('payment');
CREATE INDEX ON payment (order_id);
CREATE UNIQUE INDEX one_payment_at_a_time ON payment (order_id) WHERE state IN ('started', 'confirmed');

CREATE TABLE invoice (
  invoice_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  order_id uuid NOT NULL REFERENCES purchase,
  number text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('invoice', 'correction')),
  corrects uuid REFERENCES invoice,
  issued_on date NOT NULL,
  sold_on date NOT NULL,
  due_on date NOT NULL,
  settled_on date,
  reminders integer NOT NULL DEFAULT 0,
  buyer_name text NOT NULL,
  buyer_company text NOT NULL,
  buyer_nip text NOT NULL,
  buyer_street text NOT NULL,
  buyer_postal_code text NOT NULL,
  buyer_city text NOT NULL,
  buyer_country text NOT NULL,
  item text NOT NULL,
  quantity integer NOT NULL,
  net bigint NOT NULL,
  vat bigint NOT NULL,
  gross bigint NOT NULL,
  vat_rate integer NOT NULL,
  vat_note text NOT NULL,
  CHECK (gross = net + vat),
  CHECK ((kind = 'correction') = (corrects IS NOT NULL))
);
CALL lethe.kept('invoice');
-- every invoice is kept, whoever forgets to say until when
ALTER TABLE invoice ADD CONSTRAINT invoice_has_retention CHECK (retain_until IS NOT NULL AND provision IS NOT NULL);
CREATE INDEX ON invoice (order_id);
CREATE INDEX ON invoice (corrects);
CREATE UNIQUE INDEX one_invoice_per_order ON invoice (order_id) WHERE kind = 'invoice';
CREATE INDEX unsettled ON invoice (due_on) WHERE settled_on IS NULL;

CREATE TABLE refund (
  refund_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  order_id uuid NOT NULL REFERENCES purchase,
  payment_id uuid NOT NULL REFERENCES payment,
  correction_id uuid NOT NULL REFERENCES invoice,
  provider_refund text NOT NULL UNIQUE,
  amount bigint NOT NULL CHECK (amount > 0),
  refunded_at timestamptz NOT NULL
);
CALL lethe.kept('refund');
CREATE INDEX ON refund (order_id);
CREATE INDEX ON refund (payment_id);
CREATE INDEX ON refund (correction_id);

-- ── Licenses ────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE license (
  license_id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  order_id uuid NOT NULL REFERENCES purchase,
  product text NOT NULL REFERENCES product (code),
  key_hash bytea NOT NULL UNIQUE,
  key_end text NOT NULL,
  sealed_key bytea,  -- for showing it to its holder; emptied by an erasure, the hash goes on to verify
  state text NOT NULL CHECK (state IN ('active', 'suspended', 'ended')),
  device_limit integer NOT NULL CHECK (device_limit > 0),
  issued_at timestamptz NOT NULL,
  expires_at timestamptz,
  expiry_told_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  CHECK ((state = 'ended') = (ended_at IS NOT NULL AND end_reason IS NOT NULL))
);
CALL lethe.kept('license', true);
CREATE INDEX ON license (product);
CREATE UNIQUE INDEX one_license_per_order ON license (order_id);
CREATE INDEX expiring ON license (expires_at) WHERE state = 'active' AND expiry_told_at IS NULL;
CREATE INDEX to_review ON license (review_at) WHERE NOT live;

CREATE TABLE activation (
  activation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_id uuid NOT NULL,
  license_id uuid NOT NULL REFERENCES license,
  device_hash bytea NOT NULL,
  activated_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  UNIQUE (license_id, device_hash)
);
CALL lethe.kept('activation', true);
