-- Upstream secrets that workspaces bring themselves: `sealed` opens with a key of the ring alone, `base_url` is the one address that
-- a secret is sent to, `state` is what the provider said last (0 nothing, 1 taken, 2 refused).

CREATE TABLE own_credential (
    id          BLOB PRIMARY KEY,
    workspace   BLOB NOT NULL,
    provider    TEXT NOT NULL,
    label       TEXT NOT NULL,
    base_url    TEXT NOT NULL,
    sealed      BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    prefix      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    state       INTEGER NOT NULL,
    state_at    INTEGER,
    version     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX own_credential_once ON own_credential (workspace, provider, fingerprint);
