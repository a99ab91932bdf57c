-- Sums and counts of times by what is asked for: of everybody (house), by who pays (payer), by everything (facts), the last with the
-- customer first, whose pages read nobody else's. What times are counted by is less, for a count of one request is no sum.
CREATE TABLE house_hour (
    slot INTEGER NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER NOT NULL,
    input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL,
    PRIMARY KEY (slot, model, endpoint, provider, ending)
) WITHOUT ROWID;
INSERT INTO house_hour (slot, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT slot, model, endpoint, provider, ending,
    sum(requests), sum(estimated), sum(retried), sum(streamed), sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in), sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_hour GROUP BY slot, model, endpoint, provider, ending;
CREATE TABLE payer_hour (
    slot INTEGER NOT NULL, workspace BLOB NOT NULL, model TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER NOT NULL,
    input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL,
    PRIMARY KEY (slot, workspace, model, ending)
) WITHOUT ROWID;
INSERT INTO payer_hour (slot, workspace, model, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT slot, workspace, model, ending,
    sum(requests), sum(estimated), sum(retried), sum(streamed), sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in), sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_hour GROUP BY slot, workspace, model, ending;
CREATE TABLE new_facts_hour (
    workspace BLOB NOT NULL, slot INTEGER NOT NULL, key BLOB NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER NOT NULL,
    input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL,
    PRIMARY KEY (workspace, slot, key, model, endpoint, provider, ending)
) WITHOUT ROWID;
INSERT INTO new_facts_hour (workspace, slot, key, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT workspace, slot, key, model, endpoint, provider, ending,
    sum(requests), sum(estimated), sum(retried), sum(streamed), sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in), sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_hour GROUP BY workspace, slot, key, model, endpoint, provider, ending;
CREATE TABLE house_pace_hour (
    slot INTEGER NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, timed INTEGER NOT NULL, step INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (slot, model, provider, timed, step)
) WITHOUT ROWID;
INSERT INTO house_pace_hour (slot, model, provider, timed, step,
    requests)
    SELECT slot, model, provider, timed, step,
    sum(requests)
    FROM pace_hour GROUP BY slot, model, provider, timed, step;
CREATE TABLE new_pace_hour (
    workspace BLOB NOT NULL, slot INTEGER NOT NULL, key BLOB NOT NULL, model TEXT NOT NULL, timed INTEGER NOT NULL, step INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (workspace, slot, key, model, timed, step)
) WITHOUT ROWID;
INSERT INTO new_pace_hour (workspace, slot, key, model, timed, step,
    requests)
    SELECT workspace, slot, key, model, timed, step,
    sum(requests)
    FROM pace_hour GROUP BY workspace, slot, key, model, timed, step;
DROP TABLE facts_hour;
ALTER TABLE new_facts_hour RENAME TO facts_hour;
DROP TABLE pace_hour;
ALTER TABLE new_pace_hour RENAME TO pace_hour;
CREATE TABLE house_day (
    slot INTEGER NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER NOT NULL,
    input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL,
    PRIMARY KEY (slot, model, endpoint, provider, ending)
) WITHOUT ROWID;
INSERT INTO house_day (slot, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT slot, model, endpoint, provider, ending,
    sum(requests), sum(estimated), sum(retried), sum(streamed), sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in), sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_day GROUP BY slot, model, endpoint, provider, ending;
CREATE TABLE payer_day (
    slot INTEGER NOT NULL, workspace BLOB NOT NULL, model TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER NOT NULL,
    input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL,
    PRIMARY KEY (slot, workspace, model, ending)
) WITHOUT ROWID;
INSERT INTO payer_day (slot, workspace, model, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT slot, workspace, model, ending,
    sum(requests), sum(estimated), sum(retried), sum(streamed), sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in), sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_day GROUP BY slot, workspace, model, ending;
CREATE TABLE new_facts_day (
    workspace BLOB NOT NULL, slot INTEGER NOT NULL, key BLOB NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER NOT NULL,
    input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL,
    PRIMARY KEY (workspace, slot, key, model, endpoint, provider, ending)
) WITHOUT ROWID;
INSERT INTO new_facts_day (workspace, slot, key, model, endpoint, provider, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images)
    SELECT workspace, slot, key, model, endpoint, provider, ending,
    sum(requests), sum(estimated), sum(retried), sum(streamed), sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in), sum(output), sum(reasoning), sum(audio_out), sum(images)
    FROM facts_day GROUP BY workspace, slot, key, model, endpoint, provider, ending;
CREATE TABLE house_pace_day (
    slot INTEGER NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, timed INTEGER NOT NULL, step INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (slot, model, provider, timed, step)
) WITHOUT ROWID;
INSERT INTO house_pace_day (slot, model, provider, timed, step,
    requests)
    SELECT slot, model, provider, timed, step,
    sum(requests)
    FROM pace_day GROUP BY slot, model, provider, timed, step;
CREATE TABLE new_pace_day (
    workspace BLOB NOT NULL, slot INTEGER NOT NULL, key BLOB NOT NULL, model TEXT NOT NULL, timed INTEGER NOT NULL, step INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (workspace, slot, key, model, timed, step)
) WITHOUT ROWID;
INSERT INTO new_pace_day (workspace, slot, key, model, timed, step,
    requests)
    SELECT workspace, slot, key, model, timed, step,
    sum(requests)
    FROM pace_day GROUP BY workspace, slot, key, model, timed, step;
DROP TABLE facts_day;
ALTER TABLE new_facts_day RENAME TO facts_day;
DROP TABLE pace_day;
ALTER TABLE new_pace_day RENAME TO pace_day;
