-- What was agreed to, word for word: the hash of the edition. Empty for orders from before, whose version anybody could invent.
ALTER TABLE purchase_terms ADD terms_sha256 text NOT NULL DEFAULT '';
