-- What requests came to by hour and by UTC day, kept with each usage row: every tile and chart reads it. And how fast they were, by
-- steps of time (ledger::pace).
CREATE TABLE facts_hour (
    slot INTEGER NOT NULL, workspace BLOB NOT NULL, key BLOB NOT NULL, model TEXT NOT NULL,
    endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    retried INTEGER NOT NULL,
    streamed INTEGER NOT NULL,
    charge INTEGER NOT NULL,
    cache_saved INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    audio_in INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    audio_out INTEGER NOT NULL,
    images INTEGER NOT NULL,
    PRIMARY KEY (slot, workspace, key, model, endpoint, provider, ending)
) WITHOUT ROWID;
CREATE TABLE pace_hour (
    slot INTEGER NOT NULL, workspace BLOB NOT NULL, key BLOB NOT NULL, model TEXT NOT NULL,
    endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    timed INTEGER NOT NULL, step INTEGER NOT NULL, requests INTEGER NOT NULL,
    PRIMARY KEY (slot, workspace, key, model, endpoint, provider, ending, timed, step)
) WITHOUT ROWID;
CREATE TABLE facts_day (
    slot INTEGER NOT NULL, workspace BLOB NOT NULL, key BLOB NOT NULL, model TEXT NOT NULL,
    endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    retried INTEGER NOT NULL,
    streamed INTEGER NOT NULL,
    charge INTEGER NOT NULL,
    cache_saved INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    audio_in INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    audio_out INTEGER NOT NULL,
    images INTEGER NOT NULL,
    PRIMARY KEY (slot, workspace, key, model, endpoint, provider, ending)
) WITHOUT ROWID;
CREATE TABLE pace_day (
    slot INTEGER NOT NULL, workspace BLOB NOT NULL, key BLOB NOT NULL, model TEXT NOT NULL,
    endpoint TEXT NOT NULL, provider TEXT NOT NULL, ending INTEGER NOT NULL,
    timed INTEGER NOT NULL, step INTEGER NOT NULL, requests INTEGER NOT NULL,
    PRIMARY KEY (slot, workspace, key, model, endpoint, provider, ending, timed, step)
) WITHOUT ROWID;
-- What was charged, by key, in usage rows that are kept no more.
CREATE TABLE usage_gone (
    key BLOB PRIMARY KEY, spent INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_written INTEGER NOT NULL,
    cache_saved INTEGER NOT NULL
) WITHOUT ROWID;
-- From this day on usage rows are kept.
CREATE TABLE usage_kept_from (
    day INTEGER NOT NULL
);
INSERT INTO usage_kept_from (day) VALUES (0);
