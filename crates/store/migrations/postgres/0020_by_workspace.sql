-- Who uses a model or a provider, by UTC day, for who runs the house: without these it is found in what everybody did with everything.
-- By hour there are few enough rows of payers to look at.
CREATE TABLE model_workspace_day (
    model text NOT NULL, slot bigint NOT NULL, workspace uuid NOT NULL, ending smallint NOT NULL, requests bigint
    NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL,
    cache_saved bigint NOT NULL, input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL,
    cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL, reasoning bigint NOT NULL,
    audio_out bigint NOT NULL, images bigint NOT NULL, PRIMARY KEY (model, slot, workspace, ending)
);
INSERT INTO model_workspace_day (model, slot, workspace, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT model, slot, workspace, ending, sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint,
    sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint,
    sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint,
    sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint FROM payer_day
    GROUP BY model, slot, workspace, ending;
CREATE TABLE provider_workspace_day (
    provider text NOT NULL, slot bigint NOT NULL, workspace uuid NOT NULL, ending smallint NOT NULL, requests bigint
    NOT NULL, estimated bigint NOT NULL, retried bigint NOT NULL, streamed bigint NOT NULL, charge bigint NOT NULL,
    cache_saved bigint NOT NULL, input bigint NOT NULL, cache_read bigint NOT NULL, cache_write_5m bigint NOT NULL,
    cache_write_1h bigint NOT NULL, audio_in bigint NOT NULL, output bigint NOT NULL, reasoning bigint NOT NULL,
    audio_out bigint NOT NULL, images bigint NOT NULL, PRIMARY KEY (provider, slot, workspace, ending)
);
INSERT INTO provider_workspace_day (provider, slot, workspace, ending,
    requests, estimated, retried, streamed, charge, cache_saved, input, cache_read, cache_write_5m, cache_write_1h,
    audio_in, output, reasoning, audio_out, images)
    SELECT provider, slot, workspace, ending, sum(requests)::bigint, sum(estimated)::bigint, sum(retried)::bigint,
    sum(streamed)::bigint, sum(charge)::bigint, sum(cache_saved)::bigint, sum(input)::bigint,
    sum(cache_read)::bigint, sum(cache_write_5m)::bigint, sum(cache_write_1h)::bigint, sum(audio_in)::bigint,
    sum(output)::bigint, sum(reasoning)::bigint, sum(audio_out)::bigint, sum(images)::bigint FROM payer_day
    GROUP BY provider, slot, workspace, ending;
-- Without it they are taken for empty until somebody looks, and read row by row.
ANALYZE model_workspace_day;
ANALYZE provider_workspace_day;
