-- Devices that ask for a key. `id` and `user_code` are digests of the code that the device keeps and of the one that people type;
-- `state`: 0 waits, 1 approved, 2 denied, 3 has its key.

CREATE TABLE device (
    id        bytea PRIMARY KEY,
    user_code bytea NOT NULL UNIQUE,
    client    text NOT NULL,
    scopes    text NOT NULL,
    address   text NOT NULL,
    made_at   bigint NOT NULL,
    ends_at   bigint NOT NULL,
    state     smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    workspace uuid,
    approver  uuid,
    CHECK ((state IN (1, 3)) = (workspace IS NOT NULL AND approver IS NOT NULL))
);
CREATE INDEX device_ends ON device (ends_at);
