-- An entered address that nobody has confirmed; lives apart, sealed, for 48 hours at most. Confirming
-- empties it; the bare row stays for the rest of that time, so that confirming twice is answered alike.
CREATE TABLE signup (
  signup_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  address_hash bytea UNIQUE,
  sealed_address bytea,
  language text NOT NULL,
  text_version text NOT NULL,
  entered_at timestamptz NOT NULL DEFAULT now(),
  mails smallint NOT NULL DEFAULT 0,
  mailed_at timestamptz,
  mail_due_at timestamptz DEFAULT now(),
  confirmed_at timestamptz,
  CONSTRAINT confirming_empties CHECK ((confirmed_at IS NULL) = (sealed_address IS NOT NULL)
    AND (sealed_address IS NULL) = (address_hash IS NULL))
);
CREATE INDEX ON signup (entered_at);
CREATE INDEX mails_due ON signup (mail_due_at) WHERE mail_due_at IS NOT NULL;

-- Who may get the newsletter, with marketing's own copy of the address. Somebody who left has no
-- address here any more, only the keyed hash by which an erasure will remember the objection.
CREATE TABLE subscriber (
  subject_id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('subscribed', 'left', 'unreachable')),
  email text,
  address_hash bytea,
  language text NOT NULL,
  source text NOT NULL CHECK (source IN ('double opt-in', 'account')),
  since timestamptz NOT NULL,
  left_at timestamptz,
  stale boolean NOT NULL DEFAULT false,
  keep_until date,
  CONSTRAINT only_subscribers_have_an_address CHECK ((state = 'subscribed') = (email IS NOT NULL)),
  CONSTRAINT leaving_has_a_time CHECK (state <> 'left' OR left_at IS NOT NULL)
) WITH (fillfactor = 80);
CALL lethe.personal('subscriber');
CREATE INDEX ON subscriber (address_hash);
CREATE INDEX ON subscriber (keep_until) WHERE keep_until IS NOT NULL;
CREATE INDEX stale_copies ON subscriber (subject_id) WHERE stale;

CREATE TABLE interest (
  subject_id uuid NOT NULL,
  topic text NOT NULL,
  source text NOT NULL CHECK (source IN ('provided', 'observed', 'inferred')),
  weight smallint NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 100),
  noted_at timestamptz NOT NULL DEFAULT now(),
  keep_until date NOT NULL,
  PRIMARY KEY (subject_id, topic)
);
CALL lethe.personal('interest');
CREATE INDEX ON interest (topic, subject_id);
CREATE INDEX ON interest (keep_until);

-- The tallies are the campaign's own: they outlive the mailings of people who leave or are erased.
CREATE TABLE campaign (
  campaign_id uuid PRIMARY KEY,
  subject text NOT NULL,
  body text NOT NULL,
  language text NOT NULL,
  topic text NOT NULL,
  state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'sending', 'finished')),
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  planned_to uuid,
  planned boolean NOT NULL DEFAULT false,
  finished_at timestamptz,
  sent integer NOT NULL DEFAULT 0,
  cancelled integer NOT NULL DEFAULT 0,
  refused integer NOT NULL DEFAULT 0,
  unknown integer NOT NULL DEFAULT 0
);
CREATE INDEX ON campaign (created_at);
CREATE INDEX under_way ON campaign (started_at) WHERE state = 'sending';

CREATE TABLE mailing (
  campaign_id uuid NOT NULL REFERENCES campaign,
  subject_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'sending', 'sent', 'cancelled', 'refused', 'unknown')),
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts smallint NOT NULL DEFAULT 0,
  claimed_at timestamptz,
  settled_at timestamptz,
  keep_until date NOT NULL,
  PRIMARY KEY (campaign_id, subject_id)
) WITH (fillfactor = 80);
CALL lethe.personal('mailing');
CREATE INDEX queue ON mailing (due_at) WHERE state = 'queued';
CREATE INDEX claimed ON mailing (claimed_at) WHERE state = 'sending';
CREATE INDEX ON mailing (keep_until);

-- Addresses never to be written to again, as keyed hashes: outlives erasure (GDPR Art. 21(3), 17(3)(b)).
CREATE TABLE suppression (
  address_hash bytea PRIMARY KEY,
  reason text NOT NULL CHECK (reason IN ('objected', 'erased after leaving')),
  at timestamptz NOT NULL DEFAULT now()
);
