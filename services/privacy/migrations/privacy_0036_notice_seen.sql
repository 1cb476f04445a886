-- Wherever data are collected a version of the notice is shown (GDPR Art. 13(1)); so far only a sign-up was noted.
ALTER TABLE notice_seen ADD COLUMN surface text NOT NULL DEFAULT 'sign-up'
  CHECK (surface IN ('sign-up', 'order', 'newsletter', 'privacy request'));
ALTER TABLE notice_seen ALTER COLUMN surface DROP DEFAULT;
ALTER TABLE notice_seen DROP CONSTRAINT notice_seen_pkey, ADD PRIMARY KEY (subject_id, version, surface);
