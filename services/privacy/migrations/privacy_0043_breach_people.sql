-- Officers are written to before the 72 hours of a breach end, each time once.
CREATE TABLE breach_alarm (
  breach_id uuid NOT NULL REFERENCES breach,
  hours integer NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now(),
  tries integer NOT NULL DEFAULT 0,
  ended_at timestamptz,
  PRIMARY KEY (breach_id, hours)
);

-- The words of the letter to people whom a breach with a high risk concerns (GDPR Art. 34), in both languages.
CREATE TABLE breach_letter (
  breach_id uuid PRIMARY KEY REFERENCES breach,
  issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  contact text NOT NULL,
  words text NOT NULL
);

-- Whom a breach concerns, and how the one letter to each of them ended; it goes with the person. That a mail left is in
-- the log of disclosures, which is kept.
CREATE TABLE breach_person (
  breach_id uuid NOT NULL REFERENCES breach,
  subject_id uuid NOT NULL,
  named_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  due_at timestamptz NOT NULL DEFAULT now(),
  tries integer NOT NULL DEFAULT 0,
  ending text CHECK (ending IN ('sent', 'refused', 'given up', 'no address')),
  ended_at timestamptz,
  PRIMARY KEY (breach_id, subject_id)
);
CREATE INDEX to_be_written_to ON breach_person (due_at) WHERE ending IS NULL;
CALL lethe.personal('breach_person');

DO $$
DECLARE app text := replace(current_user, '_owner', '_app');
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON breach_letter FROM %I', app);
END $$;
