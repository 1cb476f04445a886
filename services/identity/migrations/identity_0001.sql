CREATE TABLE account (
  subject_id uuid PRIMARY KEY,
  email text NOT NULL,
  full_name text NOT NULL,
  language text NOT NULL DEFAULT 'pl'
);
CALL lethe.personal('account');
