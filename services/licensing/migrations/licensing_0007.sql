-- What a license goes back to when its holder takes the end back: a suspended one stays suspended. Null for ends from before,
-- which stand.
ALTER TABLE license ADD ended_from text CHECK (ended_from IN ('active', 'suspended'));
