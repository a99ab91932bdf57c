-- Sums and counts of times by what is asked for: of everybody (house), by who pays (workspace, payer), by key. What a page asks for stands
-- together, and no page reads what belongs to others. Times of keys are counted by day alone: by hour there would be as many counts
-- as requests.
-- Rows in which everybody's requests meet are kept in parts (shard), so that nodes do not wait for each other's commits at them.
CREATE TABLE house_hour (
    slot bigint NOT NULL, model text NOT NULL, endpoint text NOT NULL, provider text NOT NULL, ending smallint NOT NULL,
    shard smallint NOT NULL, requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed
    bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL, input bigint NOT NULL, cache_read bigint NOT
    NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT
    NULL, reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL, PRIMARY KEY (slot, model,
    endpoint, provider, ending, shard)
);
INSERT INTO house_hour (slot, model, endpoint, provider, ending, shard,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT slot, model, endpoint, provider, ending, 0, sum(requests)::bigint, sum(estimated)::bigint,
    sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint,
    sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint,
    sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_hour GROUP BY slot, model, endpoint, provider, ending;
CREATE TABLE house_day (
    slot bigint NOT NULL, model text NOT NULL, endpoint text NOT NULL, provider text NOT NULL, ending smallint NOT NULL,
    shard smallint NOT NULL, requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed
    bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL, input bigint NOT NULL, cache_read bigint NOT
    NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT
    NULL, reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL, PRIMARY KEY (slot, model,
    endpoint, provider, ending, shard)
);
INSERT INTO house_day (slot, model, endpoint, provider, ending, shard,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT slot, model, endpoint, provider, ending, 0, sum(requests)::bigint, sum(estimated)::bigint,
    sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint,
    sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint,
    sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_day GROUP BY slot, model, endpoint, provider, ending;
CREATE TABLE workspace_hour (
    slot bigint NOT NULL, workspace uuid NOT NULL, ending smallint NOT NULL, requests bigint NOT NULL, estimated bigint
    NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL,
    input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL,
    audio_in bigint NOT NULL, output bigint NOT NULL, reasoning bigint NOT NULL, audio_out bigint NOT NULL, images
    bigint NOT NULL, PRIMARY KEY (slot, workspace, ending)
);
INSERT INTO workspace_hour (slot, workspace, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT slot, workspace, ending, sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint,
    sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint,
    sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint,
    sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_hour GROUP BY slot, workspace, ending;
CREATE TABLE payer_hour (
    workspace uuid NOT NULL, slot bigint NOT NULL, model text NOT NULL, endpoint text NOT NULL, provider text NOT NULL,
    ending smallint NOT NULL, requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed
    bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL, input bigint NOT NULL, cache_read bigint NOT
    NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT
    NULL, reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL, PRIMARY KEY (workspace, slot,
    model, endpoint, provider, ending)
);
INSERT INTO payer_hour (workspace, slot, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT workspace, slot, model, endpoint, provider, ending, sum(requests)::bigint, sum(estimated)::bigint,
    sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint,
    sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint,
    sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_hour GROUP BY workspace, slot, model, endpoint, provider, ending;
CREATE TABLE workspace_day (
    slot bigint NOT NULL, workspace uuid NOT NULL, ending smallint NOT NULL, requests bigint NOT NULL, estimated bigint
    NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL,
    input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL,
    audio_in bigint NOT NULL, output bigint NOT NULL, reasoning bigint NOT NULL, audio_out bigint NOT NULL, images
    bigint NOT NULL, PRIMARY KEY (slot, workspace, ending)
);
INSERT INTO workspace_day (slot, workspace, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT slot, workspace, ending, sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint,
    sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint,
    sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint,
    sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_day GROUP BY slot, workspace, ending;
CREATE TABLE payer_day (
    workspace uuid NOT NULL, slot bigint NOT NULL, model text NOT NULL, endpoint text NOT NULL, provider text NOT NULL,
    ending smallint NOT NULL, requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed
    bigint NOT NULL, charge bigint NOT NULL, cache_saved bigint NOT NULL, input bigint NOT NULL, cache_read bigint NOT
    NULL, cache_write_5m bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT
    NULL, reasoning bigint NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL, PRIMARY KEY (workspace, slot,
    model, endpoint, provider, ending)
);
INSERT INTO payer_day (workspace, slot, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT workspace, slot, model, endpoint, provider, ending, sum(requests)::bigint, sum(estimated)::bigint,
    sum(retried)::bigint, sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint,
    sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint,
    sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_day GROUP BY workspace, slot, model, endpoint, provider, ending;
CREATE TABLE key_hour (
    key uuid NOT NULL, slot bigint NOT NULL, model text NOT NULL, endpoint text NOT NULL, ending smallint NOT NULL,
    requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge
    bigint NOT NULL, cache_saved bigint NOT NULL, input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m
    bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL, reasoning bigint
    NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL, PRIMARY KEY (key, slot, model, endpoint, ending)
);
INSERT INTO key_hour (key, slot, model, endpoint, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT key, slot, model, endpoint, ending, sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint,
    sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint,
    sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint,
    sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_hour GROUP BY key, slot, model, endpoint, ending;
CREATE TABLE key_day (
    key uuid NOT NULL, slot bigint NOT NULL, model text NOT NULL, endpoint text NOT NULL, ending smallint NOT NULL,
    requests bigint NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge
    bigint NOT NULL, cache_saved bigint NOT NULL, input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m
    bigint NOT NULL, cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL, reasoning bigint
    NOT NULL, audio_out bigint NOT NULL, images bigint NOT NULL, PRIMARY KEY (key, slot, model, endpoint, ending)
);
INSERT INTO key_day (key, slot, model, endpoint, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT key, slot, model, endpoint, ending, sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint,
    sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint, sum(cache_read)::bigint,
    sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint, sum(output)::bigint,
    sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint
    FROM facts_day GROUP BY key, slot, model, endpoint, ending;
CREATE TABLE house_pace_hour (
    slot bigint NOT NULL, model text NOT NULL, provider text NOT NULL, timed smallint NOT NULL, step smallint NOT NULL,
    shard smallint NOT NULL, requests bigint NOT NULL, PRIMARY KEY (slot, model, provider, timed, step, shard)
);
INSERT INTO house_pace_hour (slot, model, provider, timed, step, shard,
    requests)
    SELECT slot, model, provider, timed, step, 0, sum(requests)::bigint
    FROM pace_hour GROUP BY slot, model, provider, timed, step;
CREATE TABLE house_pace_day (
    slot bigint NOT NULL, model text NOT NULL, provider text NOT NULL, timed smallint NOT NULL, step smallint NOT NULL,
    shard smallint NOT NULL, requests bigint NOT NULL, PRIMARY KEY (slot, model, provider, timed, step, shard)
);
INSERT INTO house_pace_day (slot, model, provider, timed, step, shard,
    requests)
    SELECT slot, model, provider, timed, step, 0, sum(requests)::bigint
    FROM pace_day GROUP BY slot, model, provider, timed, step;
CREATE TABLE payer_pace_hour (
    workspace uuid NOT NULL, slot bigint NOT NULL, model text NOT NULL, timed smallint NOT NULL, step smallint NOT NULL,
    requests bigint NOT NULL, PRIMARY KEY (workspace, slot, model, timed, step)
);
INSERT INTO payer_pace_hour (workspace, slot, model, timed, step,
    requests)
    SELECT workspace, slot, model, timed, step, sum(requests)::bigint
    FROM pace_hour GROUP BY workspace, slot, model, timed, step;
CREATE TABLE payer_pace_day (
    workspace uuid NOT NULL, slot bigint NOT NULL, model text NOT NULL, timed smallint NOT NULL, step smallint NOT NULL,
    requests bigint NOT NULL, PRIMARY KEY (workspace, slot, model, timed, step)
);
INSERT INTO payer_pace_day (workspace, slot, model, timed, step,
    requests)
    SELECT workspace, slot, model, timed, step, sum(requests)::bigint
    FROM pace_day GROUP BY workspace, slot, model, timed, step;
CREATE TABLE key_pace_day (
    key uuid NOT NULL, slot bigint NOT NULL, model text NOT NULL, timed smallint NOT NULL, step smallint NOT NULL,
    requests bigint NOT NULL, PRIMARY KEY (key, slot, model, timed, step)
);
INSERT INTO key_pace_day (key, slot, model, timed, step,
    requests)
    SELECT key, slot, model, timed, step, sum(requests)::bigint
    FROM pace_day GROUP BY key, slot, model, timed, step;
DROP TABLE facts_hour;
DROP TABLE facts_day;
DROP TABLE pace_hour;
DROP TABLE pace_day;
-- Pages of one model, of a session, and of what was refused or failed, are read without a look at everything else.
DROP INDEX usage_session;
CREATE INDEX usage_session ON usage (session, day, request) WHERE session IS NOT NULL;
CREATE INDEX usage_model ON usage (workspace, model, day, request);
CREATE INDEX usage_fault ON usage (fault, day, request) WHERE fault IS NOT NULL;
CREATE INDEX usage_unserved ON usage (day, request) WHERE status >= 400;
CREATE INDEX usage_unserved_of ON usage (workspace, day, request) WHERE status >= 400;
