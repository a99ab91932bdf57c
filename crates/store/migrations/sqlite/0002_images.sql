-- Images made, by request. Run for the table of each day (DAY); rows from before made none.
ALTER TABLE usage_DAY ADD COLUMN images INTEGER;
