-- Upstream secrets that workspaces bring themselves: `sealed` opens with a key of the ring alone, `base_url` is the one address that
-- a secret is sent to, `state` is what the provider said last (0 nothing, 1 taken, 2 refused).

CREATE TABLE own_credential (
    id          uuid PRIMARY KEY,
    workspace   uuid NOT NULL,
    provider    text NOT NULL,
    label       text NOT NULL,
    base_url    text NOT NULL,
    sealed      bytea NOT NULL,
    fingerprint bytea NOT NULL,
    prefix      text NOT NULL,
    created_at  bigint NOT NULL,
    created_by  text NOT NULL,
    state       bigint NOT NULL,
    state_at    bigint,
    version     bigint NOT NULL
);
CREATE UNIQUE INDEX own_credential_once ON own_credential (workspace, provider, fingerprint);

-- One more kind of news for the caches of other nodes: 7 secrets that workspaces bring.
INSERT INTO change (kind, seq) VALUES (7, 0);
