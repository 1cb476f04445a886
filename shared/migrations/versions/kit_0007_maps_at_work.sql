-- Which versions of the data map are at work on this database, and since when one of them is in force: the newest that
-- was seen lately. After a roll back the older one is, once no instance with the newer one has been seen for a while.
CREATE TABLE data_map_at_work (
  version integer PRIMARY KEY,
  seen_at timestamptz NOT NULL,
  in_force_since timestamptz
);
