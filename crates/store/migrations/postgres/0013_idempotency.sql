-- Calls that are done once. `id` is a digest of who asks, of what route, by which key; `asked` of what; `turn` tells the one who
-- does it; `sealed` is the answer, nothing while it runs.

CREATE TABLE once_call (
    id      bytea PRIMARY KEY,
    asked   bytea NOT NULL,
    turn    bytea NOT NULL,
    ends_at bigint NOT NULL,
    sealed  bytea
);
CREATE INDEX once_call_ends ON once_call (ends_at);
