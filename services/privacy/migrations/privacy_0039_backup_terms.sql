-- For how many days a backup is kept that was made since: a certificate names the day until which the last one that can
-- still hold its person exists, and goes on naming it when the term is another one later.
CREATE TABLE backup_term (
  since timestamptz PRIMARY KEY DEFAULT clock_timestamp(),
  days integer NOT NULL CHECK (days > 0)
);
