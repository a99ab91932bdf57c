-- Sums and counts of times by what is asked for: of everybody (house), by who pays (workspace, payer), by key. What a page asks for stands
-- together, and no page reads what belongs to others. Times of keys are counted by day alone: by hour there would be as many counts
-- as requests.
CREATE TABLE house_hour (
    slot INTEGER NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge
    INTEGER NOT NULL, cache_saved INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m
    INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL, reasoning
    INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL, PRIMARY KEY (slot, model, endpoint, provider,
    ending)
) WITHOUT ROWID;
INSERT INTO house_hour (slot, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT slot, model, endpoint, provider, ending, sum(requests), sum(estimated), sum(retried), sum(streamed),
    sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in),
    sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_hour GROUP BY slot, model, endpoint, provider, ending;
CREATE TABLE house_day (
    slot INTEGER NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge
    INTEGER NOT NULL, cache_saved INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m
    INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL, reasoning
    INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL, PRIMARY KEY (slot, model, endpoint, provider,
    ending)
) WITHOUT ROWID;
INSERT INTO house_day (slot, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT slot, model, endpoint, provider, ending, sum(requests), sum(estimated), sum(retried), sum(streamed),
    sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in),
    sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_day GROUP BY slot, model, endpoint, provider, ending;
CREATE TABLE workspace_hour (
    slot INTEGER NOT NULL, workspace BLOB NOT NULL, ending INTEGER NOT NULL, requests INTEGER NOT NULL, estimated
    INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER
    NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h
    INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL, audio_out INTEGER
    NOT NULL, images INTEGER NOT NULL, PRIMARY KEY (slot, workspace, ending)
) WITHOUT ROWID;
INSERT INTO workspace_hour (slot, workspace, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT slot, workspace, ending, sum(requests), sum(estimated), sum(retried), sum(streamed), sum(charge),
    sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in), sum(output),
    sum(reasoning), sum(audio_out), sum(images)
    FROM facts_hour GROUP BY slot, workspace, ending;
CREATE TABLE payer_hour (
    workspace BLOB NOT NULL, slot INTEGER NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, provider TEXT NOT NULL,
    ending INTEGER NOT NULL, requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed
    INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER
    NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output
    INTEGER NOT NULL, reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL, PRIMARY KEY
    (workspace, slot, model, endpoint, provider, ending)
) WITHOUT ROWID;
INSERT INTO payer_hour (workspace, slot, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT workspace, slot, model, endpoint, provider, ending, sum(requests), sum(estimated), sum(retried),
    sum(streamed), sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h),
    sum(audio_in), sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_hour GROUP BY workspace, slot, model, endpoint, provider, ending;
CREATE TABLE workspace_day (
    slot INTEGER NOT NULL, workspace BLOB NOT NULL, ending INTEGER NOT NULL, requests INTEGER NOT NULL, estimated
    INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER
    NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h
    INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL, audio_out INTEGER
    NOT NULL, images INTEGER NOT NULL, PRIMARY KEY (slot, workspace, ending)
) WITHOUT ROWID;
INSERT INTO workspace_day (slot, workspace, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT slot, workspace, ending, sum(requests), sum(estimated), sum(retried), sum(streamed), sum(charge),
    sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in), sum(output),
    sum(reasoning), sum(audio_out), sum(images)
    FROM facts_day GROUP BY slot, workspace, ending;
CREATE TABLE payer_day (
    workspace BLOB NOT NULL, slot INTEGER NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, provider TEXT NOT NULL,
    ending INTEGER NOT NULL, requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed
    INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER
    NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output
    INTEGER NOT NULL, reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL, PRIMARY KEY
    (workspace, slot, model, endpoint, provider, ending)
) WITHOUT ROWID;
INSERT INTO payer_day (workspace, slot, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT workspace, slot, model, endpoint, provider, ending, sum(requests), sum(estimated), sum(retried),
    sum(streamed), sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h),
    sum(audio_in), sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_day GROUP BY workspace, slot, model, endpoint, provider, ending;
CREATE TABLE key_hour (
    key BLOB NOT NULL, slot INTEGER NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge
    INTEGER NOT NULL, cache_saved INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m
    INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL, reasoning
    INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL, PRIMARY KEY (key, slot, model, endpoint,
    ending)
) WITHOUT ROWID;
INSERT INTO key_hour (key, slot, model, endpoint, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT key, slot, model, endpoint, ending, sum(requests), sum(estimated), sum(retried), sum(streamed),
    sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in),
    sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_hour GROUP BY key, slot, model, endpoint, ending;
CREATE TABLE key_day (
    key BLOB NOT NULL, slot INTEGER NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge
    INTEGER NOT NULL, cache_saved INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m
    INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL, reasoning
    INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL, PRIMARY KEY (key, slot, model, endpoint,
    ending)
) WITHOUT ROWID;
INSERT INTO key_day (key, slot, model, endpoint, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT key, slot, model, endpoint, ending, sum(requests), sum(estimated), sum(retried), sum(streamed),
    sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in),
    sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_day GROUP BY key, slot, model, endpoint, ending;
CREATE TABLE house_pace_hour (
    slot INTEGER NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, timed INTEGER NOT NULL, step INTEGER NOT NULL,
    requests INTEGER NOT NULL, PRIMARY KEY (slot, model, provider, timed, step)
) WITHOUT ROWID;
INSERT INTO house_pace_hour (slot, model, provider, timed, step,
    requests)
    SELECT slot, model, provider, timed, step, sum(requests)
    FROM pace_hour GROUP BY slot, model, provider, timed, step;
CREATE TABLE house_pace_day (
    slot INTEGER NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, timed INTEGER NOT NULL, step INTEGER NOT NULL,
    requests INTEGER NOT NULL, PRIMARY KEY (slot, model, provider, timed, step)
) WITHOUT ROWID;
INSERT INTO house_pace_day (slot, model, provider, timed, step,
    requests)
    SELECT slot, model, provider, timed, step, sum(requests)
    FROM pace_day GROUP BY slot, model, provider, timed, step;
CREATE TABLE payer_pace_hour (
    workspace BLOB NOT NULL, slot INTEGER NOT NULL, model TEXT NOT NULL, timed INTEGER NOT NULL, step INTEGER NOT NULL,
    requests INTEGER NOT NULL, PRIMARY KEY (workspace, slot, model, timed, step)
) WITHOUT ROWID;
INSERT INTO payer_pace_hour (workspace, slot, model, timed, step,
    requests)
    SELECT workspace, slot, model, timed, step, sum(requests)
    FROM pace_hour GROUP BY workspace, slot, model, timed, step;
CREATE TABLE payer_pace_day (
    workspace BLOB NOT NULL, slot INTEGER NOT NULL, model TEXT NOT NULL, timed INTEGER NOT NULL, step INTEGER NOT NULL,
    requests INTEGER NOT NULL, PRIMARY KEY (workspace, slot, model, timed, step)
) WITHOUT ROWID;
INSERT INTO payer_pace_day (workspace, slot, model, timed, step,
    requests)
    SELECT workspace, slot, model, timed, step, sum(requests)
    FROM pace_day GROUP BY workspace, slot, model, timed, step;
CREATE TABLE key_pace_day (
    key BLOB NOT NULL, slot INTEGER NOT NULL, model TEXT NOT NULL, timed INTEGER NOT NULL, step INTEGER NOT NULL,
    requests INTEGER NOT NULL, PRIMARY KEY (key, slot, model, timed, step)
) WITHOUT ROWID;
INSERT INTO key_pace_day (key, slot, model, timed, step,
    requests)
    SELECT key, slot, model, timed, step, sum(requests)
    FROM pace_day GROUP BY key, slot, model, timed, step;
DROP TABLE facts_hour;
DROP TABLE facts_day;
DROP TABLE pace_hour;
DROP TABLE pace_day;
