-- A correction that services apply: its person is answered when the last one has.
INSERT INTO case_transition (kind, before, after, actor) VALUES
  ('rectification', 'under review', 'correcting', 'officer'),
  ('rectification', 'correcting', 'corrected', 'participants'),
  ('rectification', 'correcting', 'ended', 'participants');

-- What is right, for each id of the person: asked for by the services that hold it, and never in a message that waits.
CREATE TABLE case_correction (
  case_id uuid NOT NULL REFERENCES privacy_case ON DELETE CASCADE,
  subject_id uuid NOT NULL,
  full_name text,
  street text,
  postal_code text,
  city text,
  invoices boolean NOT NULL,
  asked text[] NOT NULL,
  waits text[] NOT NULL,
  PRIMARY KEY (case_id, subject_id),
  CHECK (num_nonnulls(full_name, street, postal_code, city) > 0)
);
CALL lethe.personal('case_correction');
