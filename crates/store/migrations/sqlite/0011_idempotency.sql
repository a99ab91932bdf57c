-- Calls that are done once. `id` is a digest of who asks, of what route, by which key; `asked` of what; `turn` tells the one who
-- does it; `sealed` is the answer, nothing while it runs.

CREATE TABLE once_call (
    id      BLOB PRIMARY KEY,
    asked   BLOB NOT NULL,
    turn    BLOB NOT NULL,
    ends_at INTEGER NOT NULL,
    sealed  BLOB
) WITHOUT ROWID;
CREATE INDEX once_call_ends ON once_call (ends_at);
