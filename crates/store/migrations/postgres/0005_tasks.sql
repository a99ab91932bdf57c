-- Pictures that are made in a provider's own time. The hold of such a request outlives the node that placed it.
ALTER TABLE hold ADD COLUMN task boolean NOT NULL DEFAULT false;

-- `state`: 0 pending, 1 succeeded, 2 failed. `owner` is the lease of the node that looks after it just now, until `next_at`.
-- `document` is the server's own.
CREATE TABLE image_task (
    id          uuid PRIMARY KEY,
    workspace   uuid NOT NULL,
    state       smallint NOT NULL,
    created_at  bigint NOT NULL,
    next_at     bigint NOT NULL,
    owner       uuid,
    vanishes_at bigint,
    document    text NOT NULL
);
CREATE INDEX image_task_due ON image_task (next_at) WHERE state = 0;
CREATE INDEX image_task_gone ON image_task (vanishes_at) WHERE vanishes_at IS NOT NULL;
