-- Keys of programs that manage one workspace. `digest` is of a secret that only the program has; `made_by` is the member in
-- whose place it stands.

CREATE TABLE management_key (
    id         BLOB PRIMARY KEY,
    workspace  BLOB NOT NULL,
    name       TEXT NOT NULL,
    prefix     TEXT NOT NULL,
    digest     BLOB NOT NULL UNIQUE,
    role       INTEGER NOT NULL,
    made_by    BLOB,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;
CREATE INDEX management_key_workspace ON management_key (workspace, made_by);

-- Whoever leaves a workspace leaves without keys.
CREATE INDEX api_key_owner ON api_key (workspace, owner) WHERE owner IS NOT NULL;
