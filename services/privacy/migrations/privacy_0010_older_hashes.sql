-- The same mailbox by the older keys. Who only asks must not touch the case of a mailbox, whose hash may be an older one.
ALTER TABLE unconfirmed_request ADD COLUMN older_hashes bytea[] NOT NULL DEFAULT '{}';
