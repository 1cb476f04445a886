ALTER TABLE password_reset ALTER COLUMN expires_at DROP NOT NULL;
COMMENT ON COLUMN password_reset.expires_at IS 'set when the token is mailed, and null until then';
