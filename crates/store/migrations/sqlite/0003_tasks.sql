-- Pictures that are made in a provider's own time. The hold of such a request outlives the process that placed it.
ALTER TABLE hold ADD COLUMN task INTEGER NOT NULL DEFAULT 0;

-- `state`: 0 pending, 1 succeeded, 2 failed. `document` is the server's own.
CREATE TABLE image_task (
    id          BLOB PRIMARY KEY,
    workspace   BLOB NOT NULL,
    state       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    next_at     INTEGER NOT NULL,
    vanishes_at INTEGER,
    document    TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX image_task_due ON image_task (next_at) WHERE state = 0;
CREATE INDEX image_task_gone ON image_task (vanishes_at) WHERE vanishes_at IS NOT NULL;
