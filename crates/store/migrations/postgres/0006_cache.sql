-- What prompt caches saved, by request: null where the row is from before that was counted, so that it is no part of its key's
-- sums. May be below zero.
ALTER TABLE usage ADD COLUMN cache_saved bigint;

-- What prompt caches did, by key; what is from before counts as nothing.
ALTER TABLE key_spend ADD COLUMN cache_read bigint NOT NULL DEFAULT 0;
ALTER TABLE key_spend ADD COLUMN cache_written bigint NOT NULL DEFAULT 0;
ALTER TABLE key_spend ADD COLUMN cache_saved bigint NOT NULL DEFAULT 0;
