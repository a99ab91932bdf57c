-- What requests came to that is not in the sums yet, written with their usage rows: sums have many rows, and are brought up to date
-- once for many requests. `pace` is what was timed, its step and how many, by threes.
CREATE TABLE facts_waiting (
    hour INTEGER NOT NULL, workspace BLOB NOT NULL, key BLOB NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL,
    provider TEXT NOT NULL, ending INTEGER NOT NULL, pace TEXT NOT NULL, requests INTEGER NOT NULL, estimated INTEGER NOT NULL,
    retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT NULL, cache_saved INTEGER NOT NULL, input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL,
    output INTEGER NOT NULL, reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL
);
