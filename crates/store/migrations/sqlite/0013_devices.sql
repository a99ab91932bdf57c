-- Devices that ask for a key. `id` and `user_code` are digests of the code that the device keeps and of the one that people type;
-- `state`: 0 waits, 1 approved, 2 denied, 3 has its key.

CREATE TABLE device (
    id        BLOB PRIMARY KEY,
    user_code BLOB NOT NULL UNIQUE,
    client    TEXT NOT NULL,
    scopes    TEXT NOT NULL,
    address   TEXT NOT NULL,
    made_at   INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    state     INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    workspace BLOB,
    approver  BLOB,
    CHECK ((state IN (1, 3)) = (workspace IS NOT NULL AND approver IS NOT NULL))
) WITHOUT ROWID;
CREATE INDEX device_ends ON device (ends_at);
