-- Keys of programs that manage one workspace. `digest` is of a secret that only the program has; `made_by` is the member in
-- whose place it stands.

CREATE TABLE management_key (
    id         uuid PRIMARY KEY,
    workspace  uuid NOT NULL,
    name       text NOT NULL,
    prefix     text NOT NULL,
    digest     bytea NOT NULL UNIQUE,
    role       bigint NOT NULL,
    made_by    uuid,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint
);
CREATE INDEX management_key_workspace ON management_key (workspace, made_by);

-- Whoever leaves a workspace leaves without keys.
CREATE INDEX api_key_owner ON api_key (workspace, owner) WHERE owner IS NOT NULL;

-- One more kind of news for the caches of other nodes: 6 management keys.
INSERT INTO change (kind, seq) VALUES (6, 0);
