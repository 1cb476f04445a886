-- Rectification (GDPR Art. 16) of what the person can't edit: what is wrong and what is right stands in `statement`.
INSERT INTO case_transition (kind, before, after, actor) VALUES
  ('rectification', '', 'under review', 'person'),
  ('rectification', 'under review', 'corrected', 'officer'),
  ('rectification', 'under review', 'declined', 'officer'),
  ('rectification', 'under review', 'withdrawn', 'person'),
  ('rectification', 'under review', 'ended', 'participants');

ALTER TABLE privacy_case
  DROP CONSTRAINT about_something,
  ADD CONSTRAINT about_something CHECK ((kind IN ('objection', 'human-review', 'rectification')) = (about IS NOT NULL)),
  ADD CONSTRAINT says_what_is_right CHECK (kind <> 'rectification' OR statement IS NOT NULL OR closed_at IS NOT NULL);
