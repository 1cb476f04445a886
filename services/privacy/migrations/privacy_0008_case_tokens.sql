-- What an address is proved for: to be erased, or to follow its case with another token.
ALTER TABLE unconfirmed_request ADD COLUMN kind text NOT NULL DEFAULT 'erasure' CHECK (kind IN ('erasure', 'case token'));
