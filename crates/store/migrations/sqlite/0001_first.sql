-- The whole of a store: money (credit, hold, transfer), records (one usage table a day), people, catalogue.
-- Ids are 16 bytes, instants are milliseconds since 1970, money is nano-USD.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE workspace (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL,
    slug       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE api_key (
    id         BLOB PRIMARY KEY,
    workspace  BLOB NOT NULL,
    name       TEXT NOT NULL,
    prefix     TEXT NOT NULL,
    digest     BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) WITHOUT ROWID;

CREATE TABLE operator_token (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL,
    prefix     TEXT NOT NULL,
    digest     BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX operator_token_name ON operator_token (name) WHERE revoked_at IS NULL;

CREATE TABLE provider (
    name     TEXT PRIMARY KEY,
    document TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE credential (
    id          BLOB PRIMARY KEY,
    provider    TEXT NOT NULL,
    position    INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    sealed      BLOB NOT NULL,
    UNIQUE (provider, position)
) WITHOUT ROWID;

CREATE TABLE model (
    id       TEXT PRIMARY KEY,
    document TEXT NOT NULL
) WITHOUT ROWID;

-- Every version ever used stays; `in_force` marks the one of the catalogue as it stands.
CREATE TABLE price (
    id             BLOB PRIMARY KEY,
    model          TEXT NOT NULL,
    document       TEXT NOT NULL,
    effective_from INTEGER NOT NULL,
    in_force       INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE operator_log (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX operator_log_at ON operator_log (at);

-- `posted` and `held` are projections of the journal and of the open holds on disk.
CREATE TABLE credit (
    id         BLOB PRIMARY KEY,
    workspace  BLOB NOT NULL,
    kind       TEXT NOT NULL,
    priority   INTEGER NOT NULL,
    granted    INTEGER NOT NULL CHECK (granted > 0),
    expires_at INTEGER,
    swept      INTEGER NOT NULL DEFAULT 0,
    posted     INTEGER NOT NULL CHECK (posted >= 0),
    held       INTEGER NOT NULL CHECK (held >= 0),
    reason     TEXT NOT NULL,
    actor      TEXT NOT NULL,
    at         INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE hold (
    id        BLOB PRIMARY KEY,
    workspace BLOB NOT NULL,
    key       BLOB NOT NULL,
    boot      BLOB NOT NULL,
    want      INTEGER NOT NULL,
    floor     INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    at        INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE hold_leg (
    hold   BLOB NOT NULL,
    leg    INTEGER NOT NULL,
    credit BLOB NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    PRIMARY KEY (hold, leg)
) WITHOUT ROWID;

-- Holds that closed without a settle; a settled one has its usage row.
CREATE TABLE tombstone (
    hold  BLOB PRIMARY KEY,
    state INTEGER NOT NULL,
    at    INTEGER NOT NULL
) WITHOUT ROWID;

-- The journal. `ref` is the request or the grant, `leg` counts its rows of one code.
CREATE TABLE transfer (
    ref    BLOB NOT NULL,
    code   INTEGER NOT NULL,
    leg    INTEGER NOT NULL,
    debit  BLOB NOT NULL,
    credit BLOB NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    at     INTEGER NOT NULL,
    PRIMARY KEY (ref, code, leg)
) WITHOUT ROWID;
CREATE TRIGGER transfer_is_never_changed BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER transfer_is_never_deleted BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TABLE key_spend (
    key   BLOB PRIMARY KEY,
    spent INTEGER NOT NULL CHECK (spent >= 0)
) WITHOUT ROWID;

-- The days that have a usage table (`usage_<day>`); retention drops whole days.
CREATE TABLE usage_day (
    day INTEGER PRIMARY KEY
);
