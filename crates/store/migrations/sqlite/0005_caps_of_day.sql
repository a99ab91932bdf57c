-- Whose a request is besides its key's, and what keys came to before that was counted by day. Run for the table of each day (DAY).
ALTER TABLE usage_DAY ADD COLUMN member BLOB;
ALTER TABLE usage_DAY ADD COLUMN end_user BLOB;
INSERT INTO spend_day (meter, day, spent)
    SELECT key, DAY, sum(charge) FROM usage_DAY WHERE closing = 1 AND charge > 0 GROUP BY key;
