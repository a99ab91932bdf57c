-- How many requests of somebody were settled on a day: caps on requests read it.
ALTER TABLE spend_day ADD COLUMN requests bigint NOT NULL DEFAULT 0 CHECK (requests >= 0);
INSERT INTO spend_day AS old (meter, day, spent, requests)
    SELECT meter, day, 0, count(*) FROM (
        SELECT key AS meter, day FROM usage WHERE closing = 1
        UNION ALL SELECT member, day FROM usage WHERE closing = 1 AND member IS NOT NULL
        UNION ALL SELECT end_user, day FROM usage WHERE closing = 1 AND end_user IS NOT NULL
    ) AS settled GROUP BY meter, day
    ON CONFLICT (meter, day) DO UPDATE SET requests = old.requests + excluded.requests;
