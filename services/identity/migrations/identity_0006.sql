ALTER TABLE account ADD COLUMN mail_refused_at timestamptz;
COMMENT ON COLUMN account.mail_refused_at IS 'since when the mailbox is known to refuse mail; null once it is proved anew';
