-- Since when a participant works by the data map that it announced, by its own word; NULL: by an older kit.
ALTER TABLE participant ADD COLUMN in_force_since timestamptz;
