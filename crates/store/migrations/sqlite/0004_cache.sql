-- What prompt caches did, by key; what is from before counts as nothing. `cache_saved` may be below zero.
ALTER TABLE key_spend ADD COLUMN cache_read INTEGER NOT NULL DEFAULT 0;
ALTER TABLE key_spend ADD COLUMN cache_written INTEGER NOT NULL DEFAULT 0;
ALTER TABLE key_spend ADD COLUMN cache_saved INTEGER NOT NULL DEFAULT 0;
