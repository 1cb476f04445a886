-- Two more machines of cases/machine.py: an objection under GDPR Art. 21(1), and a decision that its person contests.
INSERT INTO case_transition (kind, before, after, actor) VALUES
  ('objection', '', 'applying', 'person'),
  ('objection', 'applying', 'under review', 'participants'),
  ('objection', 'under review', 'upheld', 'officer'),
  ('objection', 'under review', 'overruled', 'officer'),
  ('objection', 'applying', 'withdrawn', 'person'),
  ('objection', 'under review', 'withdrawn', 'person'),
  ('objection', 'applying', 'ended', 'participants'),
  ('objection', 'under review', 'ended', 'participants'),
  ('human-review', '', 'under review', 'person'),
  ('human-review', 'under review', 'changed', 'officer'),
  ('human-review', 'under review', 'confirmed', 'officer'),
  ('human-review', 'under review', 'withdrawn', 'person'),
  ('human-review', 'under review', 'ended', 'participants');

-- What is objected to (a purpose) or contested (a decision of the register), and what the person says about it.
ALTER TABLE privacy_case
  ADD COLUMN about text,
  ADD COLUMN statement text,
  ADD CONSTRAINT about_something CHECK ((kind IN ('objection', 'human-review')) = (about IS NOT NULL));

-- Of one person one objection to each purpose, and one review of each decision, may be open.
DROP INDEX one_open_case;
CREATE UNIQUE INDEX one_open_case ON privacy_case (subject_id, kind, coalesce(about, '')) WHERE closed_at IS NULL;
