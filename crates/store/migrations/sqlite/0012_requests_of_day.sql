-- What was settled before requests were counted. Run for the table of each day (DAY).
INSERT INTO spend_day (meter, day, spent, requests)
    SELECT meter, DAY, 0, count(*) FROM (
        SELECT key AS meter FROM usage_DAY WHERE closing = 1
        UNION ALL SELECT member FROM usage_DAY WHERE closing = 1 AND member IS NOT NULL
        UNION ALL SELECT end_user FROM usage_DAY WHERE closing = 1 AND end_user IS NOT NULL
    ) WHERE true GROUP BY meter
    ON CONFLICT (meter, day) DO UPDATE SET requests = requests + excluded.requests;
