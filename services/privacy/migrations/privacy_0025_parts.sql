-- A restriction is about everything, or about what `about` names: purposes, or a category of data (GDPR Art. 18).
ALTER TABLE privacy_case
  DROP CONSTRAINT about_something,
  ADD CONSTRAINT about_something CHECK (
    kind = 'restriction' OR (kind IN ('objection', 'human-review', 'rectification')) = (about IS NOT NULL));
