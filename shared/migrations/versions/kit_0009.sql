-- What is kept in spite of its date: the replica of privacy's holds. `scope` lists categories of the data map, '*' is
-- everything. A hold is in force while it has a review_at; a released one stays for a while, so that an older version
-- of it that comes late is not taken for news.
CREATE TABLE hold (
  hold_id uuid NOT NULL,
  subject_id uuid NOT NULL,
  scope text[] NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (hold_id, subject_id)
);
CALL lethe.kept('hold');
