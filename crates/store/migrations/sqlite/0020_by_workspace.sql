-- Who uses a model or a provider, by UTC day, for who runs the house: without these it is found in what everybody did with everything.
-- By hour there are few enough rows of payers to look at.
CREATE TABLE model_workspace_day (
    model TEXT NOT NULL, slot INTEGER NOT NULL, workspace BLOB NOT NULL, ending INTEGER NOT NULL, requests INTEGER
    NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge INTEGER NOT
    NULL, cache_saved INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER
    NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER
    NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL, PRIMARY KEY (model, slot, workspace, ending)
) WITHOUT ROWID;
INSERT INTO model_workspace_day (model, slot, workspace, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT model, slot, workspace, ending, sum(requests), sum(estimated), sum(retried), sum(streamed), sum(charge),
    sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(audio_in),
    sum(output), sum(reasoning), sum(audio_out), sum(images) FROM payer_day
    GROUP BY model, slot, workspace, ending;
CREATE TABLE provider_workspace_day (
    provider TEXT NOT NULL, slot INTEGER NOT NULL, workspace BLOB NOT NULL, ending INTEGER NOT NULL, requests
    INTEGER NOT NULL, estimated INTEGER NOT NULL, retried INTEGER NOT NULL, streamed INTEGER NOT NULL, charge
    INTEGER NOT NULL, cache_saved INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, audio_in INTEGER NOT NULL, output INTEGER NOT
    NULL, reasoning INTEGER NOT NULL, audio_out INTEGER NOT NULL, images INTEGER NOT NULL, PRIMARY KEY (provider,
    slot, workspace, ending)
) WITHOUT ROWID;
INSERT INTO provider_workspace_day (provider, slot, workspace, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT provider, slot, workspace, ending, sum(requests), sum(estimated), sum(retried), sum(streamed),
    sum(charge), sum(cache_saved), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h),
    sum(audio_in), sum(output), sum(reasoning), sum(audio_out), sum(images) FROM payer_day
    GROUP BY provider, slot, workspace, ending;
