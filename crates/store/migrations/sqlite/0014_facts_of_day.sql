-- What came before facts were kept. Run for the table of each day (DAY).
ALTER TABLE usage_DAY ADD COLUMN asked_model TEXT;
ALTER TABLE usage_DAY ADD COLUMN session TEXT;
ALTER TABLE usage_DAY ADD COLUMN client TEXT;
ALTER TABLE usage_DAY ADD COLUMN tries TEXT;
INSERT INTO facts_hour (slot, workspace, key, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved,
    input, cache_read, cache_write_5m, cache_write_1h, audio_in, output,
    reasoning, audio_out, images)
    SELECT at / 3600000, workspace, key, model, endpoint, provider,
        CASE WHEN status >= 500 THEN 3 WHEN status >= 400 THEN 2 WHEN (flags & 2) <> 0 THEN 1 ELSE 0 END,
        sum(1),
        sum(CASE WHEN source = 3 THEN 1 ELSE 0 END),
        sum(CASE WHEN attempts > 1 THEN 1 ELSE 0 END),
        sum((flags & 1)),
        sum(charge),
        sum(coalesce(cache_saved, 0)),
        sum(CASE WHEN input BETWEEN 0 AND 1099511627776 THEN input ELSE 0 END),
        sum(CASE WHEN cache_read BETWEEN 0 AND 1099511627776 THEN cache_read ELSE 0 END),
        sum(CASE WHEN cache_write_5m BETWEEN 0 AND 1099511627776 THEN cache_write_5m ELSE 0 END),
        sum(CASE WHEN cache_write_1h BETWEEN 0 AND 1099511627776 THEN cache_write_1h ELSE 0 END),
        sum(CASE WHEN audio_in BETWEEN 0 AND 1099511627776 THEN audio_in ELSE 0 END),
        sum(CASE WHEN output BETWEEN 0 AND 1099511627776 THEN output ELSE 0 END),
        sum(CASE WHEN reasoning BETWEEN 0 AND 1099511627776 THEN reasoning ELSE 0 END),
        sum(CASE WHEN audio_out BETWEEN 0 AND 1099511627776 THEN audio_out ELSE 0 END),
        sum(CASE WHEN images BETWEEN 0 AND 1099511627776 THEN images ELSE 0 END)
    FROM usage_DAY WHERE true GROUP BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (slot, workspace, key, model, endpoint, provider, ending) DO UPDATE SET
        requests = facts_hour.requests + excluded.requests,
        estimated = facts_hour.estimated + excluded.estimated,
        retried = facts_hour.retried + excluded.retried,
        streamed = facts_hour.streamed + excluded.streamed,
        charge = facts_hour.charge + excluded.charge,
        cache_saved = facts_hour.cache_saved + excluded.cache_saved,
        input = facts_hour.input + excluded.input,
        cache_read = facts_hour.cache_read + excluded.cache_read,
        cache_write_5m = facts_hour.cache_write_5m + excluded.cache_write_5m,
        cache_write_1h = facts_hour.cache_write_1h + excluded.cache_write_1h,
        audio_in = facts_hour.audio_in + excluded.audio_in,
        output = facts_hour.output + excluded.output,
        reasoning = facts_hour.reasoning + excluded.reasoning,
        audio_out = facts_hour.audio_out + excluded.audio_out,
        images = facts_hour.images + excluded.images;
INSERT INTO pace_hour (slot, workspace, key, model, endpoint, provider, ending, timed, step, requests)
    SELECT at / 3600000, workspace, key, model, endpoint, provider,
        CASE WHEN status >= 500 THEN 3 WHEN status >= 400 THEN 2 WHEN (flags & 2) <> 0 THEN 1 ELSE 0 END, 0,
        CASE WHEN latency_ms < 8 THEN latency_ms
            WHEN latency_ms < 16 THEN 8 + ((latency_ms >> 1) & 3)
            WHEN latency_ms < 32 THEN 12 + ((latency_ms >> 2) & 3)
            WHEN latency_ms < 64 THEN 16 + ((latency_ms >> 3) & 3)
            WHEN latency_ms < 128 THEN 20 + ((latency_ms >> 4) & 3)
            WHEN latency_ms < 256 THEN 24 + ((latency_ms >> 5) & 3)
            WHEN latency_ms < 512 THEN 28 + ((latency_ms >> 6) & 3)
            WHEN latency_ms < 1024 THEN 32 + ((latency_ms >> 7) & 3)
            WHEN latency_ms < 2048 THEN 36 + ((latency_ms >> 8) & 3)
            WHEN latency_ms < 4096 THEN 40 + ((latency_ms >> 9) & 3)
            WHEN latency_ms < 8192 THEN 44 + ((latency_ms >> 10) & 3)
            WHEN latency_ms < 16384 THEN 48 + ((latency_ms >> 11) & 3)
            WHEN latency_ms < 32768 THEN 52 + ((latency_ms >> 12) & 3)
            WHEN latency_ms < 65536 THEN 56 + ((latency_ms >> 13) & 3)
            WHEN latency_ms < 131072 THEN 60 + ((latency_ms >> 14) & 3)
            WHEN latency_ms < 262144 THEN 64 + ((latency_ms >> 15) & 3)
            WHEN latency_ms < 524288 THEN 68 + ((latency_ms >> 16) & 3)
            WHEN latency_ms < 1048576 THEN 72 + ((latency_ms >> 17) & 3)
            WHEN latency_ms < 2097152 THEN 76 + ((latency_ms >> 18) & 3)
            WHEN latency_ms < 4194304 THEN 80 + ((latency_ms >> 19) & 3)
            WHEN latency_ms < 8388608 THEN 84 + ((latency_ms >> 20) & 3)
            WHEN latency_ms < 16777216 THEN 88 + ((latency_ms >> 21) & 3)
            WHEN latency_ms < 33554432 THEN 92 + ((latency_ms >> 22) & 3)
            WHEN latency_ms < 67108864 THEN 96 + ((latency_ms >> 23) & 3)
            WHEN latency_ms < 134217728 THEN 100 + ((latency_ms >> 24) & 3)
            WHEN latency_ms < 268435456 THEN 104 + ((latency_ms >> 25) & 3)
            WHEN latency_ms < 536870912 THEN 108 + ((latency_ms >> 26) & 3)
            WHEN latency_ms < 1073741824 THEN 112 + ((latency_ms >> 27) & 3)
            WHEN latency_ms < 2147483648 THEN 116 + ((latency_ms >> 28) & 3)
            WHEN latency_ms < 4294967296 THEN 120 + ((latency_ms >> 29) & 3) END,
        count(*)
    FROM usage_DAY WHERE status < 400 AND latency_ms IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (slot, workspace, key, model, endpoint, provider, ending, timed, step) DO UPDATE SET requests = pace_hour.requests + excluded.requests;
INSERT INTO pace_hour (slot, workspace, key, model, endpoint, provider, ending, timed, step, requests)
    SELECT at / 3600000, workspace, key, model, endpoint, provider,
        CASE WHEN status >= 500 THEN 3 WHEN status >= 400 THEN 2 WHEN (flags & 2) <> 0 THEN 1 ELSE 0 END, 1,
        CASE WHEN first_byte_ms < 8 THEN first_byte_ms
            WHEN first_byte_ms < 16 THEN 8 + ((first_byte_ms >> 1) & 3)
            WHEN first_byte_ms < 32 THEN 12 + ((first_byte_ms >> 2) & 3)
            WHEN first_byte_ms < 64 THEN 16 + ((first_byte_ms >> 3) & 3)
            WHEN first_byte_ms < 128 THEN 20 + ((first_byte_ms >> 4) & 3)
            WHEN first_byte_ms < 256 THEN 24 + ((first_byte_ms >> 5) & 3)
            WHEN first_byte_ms < 512 THEN 28 + ((first_byte_ms >> 6) & 3)
            WHEN first_byte_ms < 1024 THEN 32 + ((first_byte_ms >> 7) & 3)
            WHEN first_byte_ms < 2048 THEN 36 + ((first_byte_ms >> 8) & 3)
            WHEN first_byte_ms < 4096 THEN 40 + ((first_byte_ms >> 9) & 3)
            WHEN first_byte_ms < 8192 THEN 44 + ((first_byte_ms >> 10) & 3)
            WHEN first_byte_ms < 16384 THEN 48 + ((first_byte_ms >> 11) & 3)
            WHEN first_byte_ms < 32768 THEN 52 + ((first_byte_ms >> 12) & 3)
            WHEN first_byte_ms < 65536 THEN 56 + ((first_byte_ms >> 13) & 3)
            WHEN first_byte_ms < 131072 THEN 60 + ((first_byte_ms >> 14) & 3)
            WHEN first_byte_ms < 262144 THEN 64 + ((first_byte_ms >> 15) & 3)
            WHEN first_byte_ms < 524288 THEN 68 + ((first_byte_ms >> 16) & 3)
            WHEN first_byte_ms < 1048576 THEN 72 + ((first_byte_ms >> 17) & 3)
            WHEN first_byte_ms < 2097152 THEN 76 + ((first_byte_ms >> 18) & 3)
            WHEN first_byte_ms < 4194304 THEN 80 + ((first_byte_ms >> 19) & 3)
            WHEN first_byte_ms < 8388608 THEN 84 + ((first_byte_ms >> 20) & 3)
            WHEN first_byte_ms < 16777216 THEN 88 + ((first_byte_ms >> 21) & 3)
            WHEN first_byte_ms < 33554432 THEN 92 + ((first_byte_ms >> 22) & 3)
            WHEN first_byte_ms < 67108864 THEN 96 + ((first_byte_ms >> 23) & 3)
            WHEN first_byte_ms < 134217728 THEN 100 + ((first_byte_ms >> 24) & 3)
            WHEN first_byte_ms < 268435456 THEN 104 + ((first_byte_ms >> 25) & 3)
            WHEN first_byte_ms < 536870912 THEN 108 + ((first_byte_ms >> 26) & 3)
            WHEN first_byte_ms < 1073741824 THEN 112 + ((first_byte_ms >> 27) & 3)
            WHEN first_byte_ms < 2147483648 THEN 116 + ((first_byte_ms >> 28) & 3)
            WHEN first_byte_ms < 4294967296 THEN 120 + ((first_byte_ms >> 29) & 3) END,
        count(*)
    FROM usage_DAY WHERE status < 400 AND first_byte_ms IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (slot, workspace, key, model, endpoint, provider, ending, timed, step) DO UPDATE SET requests = pace_hour.requests + excluded.requests;
INSERT INTO facts_day (slot, workspace, key, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved,
    input, cache_read, cache_write_5m, cache_write_1h, audio_in, output,
    reasoning, audio_out, images)
    SELECT at / 86400000, workspace, key, model, endpoint, provider,
        CASE WHEN status >= 500 THEN 3 WHEN status >= 400 THEN 2 WHEN (flags & 2) <> 0 THEN 1 ELSE 0 END,
        sum(1),
        sum(CASE WHEN source = 3 THEN 1 ELSE 0 END),
        sum(CASE WHEN attempts > 1 THEN 1 ELSE 0 END),
        sum((flags & 1)),
        sum(charge),
        sum(coalesce(cache_saved, 0)),
        sum(CASE WHEN input BETWEEN 0 AND 1099511627776 THEN input ELSE 0 END),
        sum(CASE WHEN cache_read BETWEEN 0 AND 1099511627776 THEN cache_read ELSE 0 END),
        sum(CASE WHEN cache_write_5m BETWEEN 0 AND 1099511627776 THEN cache_write_5m ELSE 0 END),
        sum(CASE WHEN cache_write_1h BETWEEN 0 AND 1099511627776 THEN cache_write_1h ELSE 0 END),
        sum(CASE WHEN audio_in BETWEEN 0 AND 1099511627776 THEN audio_in ELSE 0 END),
        sum(CASE WHEN output BETWEEN 0 AND 1099511627776 THEN output ELSE 0 END),
        sum(CASE WHEN reasoning BETWEEN 0 AND 1099511627776 THEN reasoning ELSE 0 END),
        sum(CASE WHEN audio_out BETWEEN 0 AND 1099511627776 THEN audio_out ELSE 0 END),
        sum(CASE WHEN images BETWEEN 0 AND 1099511627776 THEN images ELSE 0 END)
    FROM usage_DAY WHERE true GROUP BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (slot, workspace, key, model, endpoint, provider, ending) DO UPDATE SET
        requests = facts_day.requests + excluded.requests,
        estimated = facts_day.estimated + excluded.estimated,
        retried = facts_day.retried + excluded.retried,
        streamed = facts_day.streamed + excluded.streamed,
        charge = facts_day.charge + excluded.charge,
        cache_saved = facts_day.cache_saved + excluded.cache_saved,
        input = facts_day.input + excluded.input,
        cache_read = facts_day.cache_read + excluded.cache_read,
        cache_write_5m = facts_day.cache_write_5m + excluded.cache_write_5m,
        cache_write_1h = facts_day.cache_write_1h + excluded.cache_write_1h,
        audio_in = facts_day.audio_in + excluded.audio_in,
        output = facts_day.output + excluded.output,
        reasoning = facts_day.reasoning + excluded.reasoning,
        audio_out = facts_day.audio_out + excluded.audio_out,
        images = facts_day.images + excluded.images;
INSERT INTO pace_day (slot, workspace, key, model, endpoint, provider, ending, timed, step, requests)
    SELECT at / 86400000, workspace, key, model, endpoint, provider,
        CASE WHEN status >= 500 THEN 3 WHEN status >= 400 THEN 2 WHEN (flags & 2) <> 0 THEN 1 ELSE 0 END, 0,
        CASE WHEN latency_ms < 8 THEN latency_ms
            WHEN latency_ms < 16 THEN 8 + ((latency_ms >> 1) & 3)
            WHEN latency_ms < 32 THEN 12 + ((latency_ms >> 2) & 3)
            WHEN latency_ms < 64 THEN 16 + ((latency_ms >> 3) & 3)
            WHEN latency_ms < 128 THEN 20 + ((latency_ms >> 4) & 3)
            WHEN latency_ms < 256 THEN 24 + ((latency_ms >> 5) & 3)
            WHEN latency_ms < 512 THEN 28 + ((latency_ms >> 6) & 3)
            WHEN latency_ms < 1024 THEN 32 + ((latency_ms >> 7) & 3)
            WHEN latency_ms < 2048 THEN 36 + ((latency_ms >> 8) & 3)
            WHEN latency_ms < 4096 THEN 40 + ((latency_ms >> 9) & 3)
            WHEN latency_ms < 8192 THEN 44 + ((latency_ms >> 10) & 3)
            WHEN latency_ms < 16384 THEN 48 + ((latency_ms >> 11) & 3)
            WHEN latency_ms < 32768 THEN 52 + ((latency_ms >> 12) & 3)
            WHEN latency_ms < 65536 THEN 56 + ((latency_ms >> 13) & 3)
            WHEN latency_ms < 131072 THEN 60 + ((latency_ms >> 14) & 3)
            WHEN latency_ms < 262144 THEN 64 + ((latency_ms >> 15) & 3)
            WHEN latency_ms < 524288 THEN 68 + ((latency_ms >> 16) & 3)
            WHEN latency_ms < 1048576 THEN 72 + ((latency_ms >> 17) & 3)
            WHEN latency_ms < 2097152 THEN 76 + ((latency_ms >> 18) & 3)
            WHEN latency_ms < 4194304 THEN 80 + ((latency_ms >> 19) & 3)
            WHEN latency_ms < 8388608 THEN 84 + ((latency_ms >> 20) & 3)
            WHEN latency_ms < 16777216 THEN 88 + ((latency_ms >> 21) & 3)
            WHEN latency_ms < 33554432 THEN 92 + ((latency_ms >> 22) & 3)
            WHEN latency_ms < 67108864 THEN 96 + ((latency_ms >> 23) & 3)
            WHEN latency_ms < 134217728 THEN 100 + ((latency_ms >> 24) & 3)
            WHEN latency_ms < 268435456 THEN 104 + ((latency_ms >> 25) & 3)
            WHEN latency_ms < 536870912 THEN 108 + ((latency_ms >> 26) & 3)
            WHEN latency_ms < 1073741824 THEN 112 + ((latency_ms >> 27) & 3)
            WHEN latency_ms < 2147483648 THEN 116 + ((latency_ms >> 28) & 3)
            WHEN latency_ms < 4294967296 THEN 120 + ((latency_ms >> 29) & 3) END,
        count(*)
    FROM usage_DAY WHERE status < 400 AND latency_ms IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (slot, workspace, key, model, endpoint, provider, ending, timed, step) DO UPDATE SET requests = pace_day.requests + excluded.requests;
INSERT INTO pace_day (slot, workspace, key, model, endpoint, provider, ending, timed, step, requests)
    SELECT at / 86400000, workspace, key, model, endpoint, provider,
        CASE WHEN status >= 500 THEN 3 WHEN status >= 400 THEN 2 WHEN (flags & 2) <> 0 THEN 1 ELSE 0 END, 1,
        CASE WHEN first_byte_ms < 8 THEN first_byte_ms
            WHEN first_byte_ms < 16 THEN 8 + ((first_byte_ms >> 1) & 3)
            WHEN first_byte_ms < 32 THEN 12 + ((first_byte_ms >> 2) & 3)
            WHEN first_byte_ms < 64 THEN 16 + ((first_byte_ms >> 3) & 3)
            WHEN first_byte_ms < 128 THEN 20 + ((first_byte_ms >> 4) & 3)
            WHEN first_byte_ms < 256 THEN 24 + ((first_byte_ms >> 5) & 3)
            WHEN first_byte_ms < 512 THEN 28 + ((first_byte_ms >> 6) & 3)
            WHEN first_byte_ms < 1024 THEN 32 + ((first_byte_ms >> 7) & 3)
            WHEN first_byte_ms < 2048 THEN 36 + ((first_byte_ms >> 8) & 3)
            WHEN first_byte_ms < 4096 THEN 40 + ((first_byte_ms >> 9) & 3)
            WHEN first_byte_ms < 8192 THEN 44 + ((first_byte_ms >> 10) & 3)
            WHEN first_byte_ms < 16384 THEN 48 + ((first_byte_ms >> 11) & 3)
            WHEN first_byte_ms < 32768 THEN 52 + ((first_byte_ms >> 12) & 3)
            WHEN first_byte_ms < 65536 THEN 56 + ((first_byte_ms >> 13) & 3)
            WHEN first_byte_ms < 131072 THEN 60 + ((first_byte_ms >> 14) & 3)
            WHEN first_byte_ms < 262144 THEN 64 + ((first_byte_ms >> 15) & 3)
            WHEN first_byte_ms < 524288 THEN 68 + ((first_byte_ms >> 16) & 3)
            WHEN first_byte_ms < 1048576 THEN 72 + ((first_byte_ms >> 17) & 3)
            WHEN first_byte_ms < 2097152 THEN 76 + ((first_byte_ms >> 18) & 3)
            WHEN first_byte_ms < 4194304 THEN 80 + ((first_byte_ms >> 19) & 3)
            WHEN first_byte_ms < 8388608 THEN 84 + ((first_byte_ms >> 20) & 3)
            WHEN first_byte_ms < 16777216 THEN 88 + ((first_byte_ms >> 21) & 3)
            WHEN first_byte_ms < 33554432 THEN 92 + ((first_byte_ms >> 22) & 3)
            WHEN first_byte_ms < 67108864 THEN 96 + ((first_byte_ms >> 23) & 3)
            WHEN first_byte_ms < 134217728 THEN 100 + ((first_byte_ms >> 24) & 3)
            WHEN first_byte_ms < 268435456 THEN 104 + ((first_byte_ms >> 25) & 3)
            WHEN first_byte_ms < 536870912 THEN 108 + ((first_byte_ms >> 26) & 3)
            WHEN first_byte_ms < 1073741824 THEN 112 + ((first_byte_ms >> 27) & 3)
            WHEN first_byte_ms < 2147483648 THEN 116 + ((first_byte_ms >> 28) & 3)
            WHEN first_byte_ms < 4294967296 THEN 120 + ((first_byte_ms >> 29) & 3) END,
        count(*)
    FROM usage_DAY WHERE status < 400 AND first_byte_ms IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (slot, workspace, key, model, endpoint, provider, ending, timed, step) DO UPDATE SET requests = pace_day.requests + excluded.requests;
CREATE INDEX usage_DAY_workspace ON usage_DAY (workspace, request);
CREATE INDEX usage_DAY_key ON usage_DAY (key, request);
CREATE INDEX usage_DAY_session ON usage_DAY (workspace, session) WHERE session IS NOT NULL;
