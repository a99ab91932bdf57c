-- What prompt caches saved, by request. Run for the table of each day (DAY). Null where the row is from before that was
-- counted: such a row is no part of its key's sums.
ALTER TABLE usage_DAY ADD COLUMN cache_saved INTEGER;
