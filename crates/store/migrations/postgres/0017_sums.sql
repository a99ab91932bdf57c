-- Sums and counts of times by what is asked for: of everybody (house), by who pays (payer), by everything (facts), the last with the
-- customer first, whose pages read nobody else's. What times are counted by is less, for a count of one request is no sum.
-- Rows in which everybody's requests meet are kept in parts (shard), so that nodes do not wait for each other's commits at them.
CREATE TABLE house_hour (
    slot bigint NOT NULL, model text NOT NULL, endpoint text NOT NULL, provider text NOT NULL, ending smallint NOT NULL, shard smallint NOT NULL,
    requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL,
    input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL,
    reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL,
    PRIMARY KEY (slot, model, endpoint, provider, ending, shard)
);
INSERT INTO house_hour (slot, model, endpoint, provider, ending, shard,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT slot, model, endpoint, provider, ending, 0,
    sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_hour GROUP BY slot, model, endpoint, provider, ending;
CREATE TABLE payer_hour (
    slot bigint NOT NULL, workspace uuid NOT NULL, model text NOT NULL, ending smallint NOT NULL,
    requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL,
    input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL,
    reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL,
    PRIMARY KEY (slot, workspace, model, ending)
);
INSERT INTO payer_hour (slot, workspace, model, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT slot, workspace, model, ending,
    sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_hour GROUP BY slot, workspace, model, ending;
CREATE TABLE new_facts_hour (
    workspace uuid NOT NULL, slot bigint NOT NULL, key uuid NOT NULL, model text NOT NULL, endpoint text NOT NULL, provider text NOT NULL, ending smallint NOT NULL,
    requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL,
    input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL,
    reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL,
    PRIMARY KEY (workspace, slot, key, model, endpoint, provider, ending)
);
INSERT INTO new_facts_hour (workspace, slot, key, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT workspace, slot, key, model, endpoint, provider, ending,
    sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_hour GROUP BY workspace, slot, key, model, endpoint, provider, ending;
CREATE TABLE house_pace_hour (
    slot bigint NOT NULL, model text NOT NULL, provider text NOT NULL, timed smallint NOT NULL, step smallint NOT NULL, shard smallint NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (slot, model, provider, timed, step, shard)
);
INSERT INTO house_pace_hour (slot, model, provider, timed, step, shard,
    requests)
    SELECT slot, model, provider, timed, step, 0,
    sum(requests)::bigint
    FROM pace_hour GROUP BY slot, model, provider, timed, step;
CREATE TABLE new_pace_hour (
    workspace uuid NOT NULL, slot bigint NOT NULL, key uuid NOT NULL, model text NOT NULL, timed smallint NOT NULL, step smallint NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (workspace, slot, key, model, timed, step)
);
INSERT INTO new_pace_hour (workspace, slot, key, model, timed, step,
    requests)
    SELECT workspace, slot, key, model, timed, step,
    sum(requests)::bigint
    FROM pace_hour GROUP BY workspace, slot, key, model, timed, step;
DROP TABLE facts_hour;
ALTER TABLE new_facts_hour RENAME TO facts_hour;
ALTER INDEX new_facts_hour_pkey RENAME TO facts_hour_pkey;
DROP TABLE pace_hour;
ALTER TABLE new_pace_hour RENAME TO pace_hour;
ALTER INDEX new_pace_hour_pkey RENAME TO pace_hour_pkey;
CREATE TABLE house_day (
    slot bigint NOT NULL, model text NOT NULL, endpoint text NOT NULL, provider text NOT NULL, ending smallint NOT NULL, shard smallint NOT NULL,
    requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL,
    input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL,
    reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL,
    PRIMARY KEY (slot, model, endpoint, provider, ending, shard)
);
INSERT INTO house_day (slot, model, endpoint, provider, ending, shard,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT slot, model, endpoint, provider, ending, 0,
    sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_day GROUP BY slot, model, endpoint, provider, ending;
CREATE TABLE payer_day (
    slot bigint NOT NULL, workspace uuid NOT NULL, model text NOT NULL, ending smallint NOT NULL,
    requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL,
    input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL,
    reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL,
    PRIMARY KEY (slot, workspace, model, ending)
);
INSERT INTO payer_day (slot, workspace, model, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT slot, workspace, model, ending,
    sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_day GROUP BY slot, workspace, model, ending;
CREATE TABLE new_facts_day (
    workspace uuid NOT NULL, slot bigint NOT NULL, key uuid NOT NULL, model text NOT NULL, endpoint text NOT NULL, provider text NOT NULL, ending smallint NOT NULL,
    requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL,
    input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL,
    reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL,
    PRIMARY KEY (workspace, slot, key, model, endpoint, provider, ending)
);
INSERT INTO new_facts_day (workspace, slot, key, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT workspace, slot, key, model, endpoint, provider, ending,
    sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_day GROUP BY workspace, slot, key, model, endpoint, provider, ending;
CREATE TABLE house_pace_day (
    slot bigint NOT NULL, model text NOT NULL, provider text NOT NULL, timed smallint NOT NULL, step smallint NOT NULL, shard smallint NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (slot, model, provider, timed, step, shard)
);
INSERT INTO house_pace_day (slot, model, provider, timed, step, shard,
    requests)
    SELECT slot, model, provider, timed, step, 0,
    sum(requests)::bigint
    FROM pace_day GROUP BY slot, model, provider, timed, step;
CREATE TABLE new_pace_day (
    workspace uuid NOT NULL, slot bigint NOT NULL, key uuid NOT NULL, model text NOT NULL, timed smallint NOT NULL, step smallint NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (workspace, slot, key, model, timed, step)
);
INSERT INTO new_pace_day (workspace, slot, key, model, timed, step,
    requests)
    SELECT workspace, slot, key, model, timed, step,
    sum(requests)::bigint
    FROM pace_day GROUP BY workspace, slot, key, model, timed, step;
DROP TABLE facts_day;
ALTER TABLE new_facts_day RENAME TO facts_day;
ALTER INDEX new_facts_day_pkey RENAME TO facts_day_pkey;
DROP TABLE pace_day;
ALTER TABLE new_pace_day RENAME TO pace_day;
ALTER INDEX new_pace_day_pkey RENAME TO pace_day_pkey;
-- Pages of one model, and of what was refused or failed, are read without a look at everything else.
CREATE INDEX usage_model ON usage (workspace, model, day, request);
CREATE INDEX usage_unserved ON usage (day, request) WHERE status >= 400 OR fault IS NOT NULL;
CREATE INDEX usage_unserved_of ON usage (workspace, day, request) WHERE status >= 400 OR fault IS NOT NULL;
