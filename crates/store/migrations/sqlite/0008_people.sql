-- People: users, how they sign in, where they are signed in, and the workspaces they belong to. Digests are of secrets
-- that only their holder has.

CREATE TABLE user_account (
    id          BLOB PRIMARY KEY,
    email       TEXT NOT NULL,
    folded      TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    verified_at INTEGER,
    disabled_at INTEGER,
    operator    INTEGER NOT NULL,
    epoch       INTEGER NOT NULL
) WITHOUT ROWID;

-- `kind`: 1 password, 2 one-time codes, 3 OIDC, 4 passkey. `subject` tells several of one kind apart (an issuer and its
-- subject, a passkey's id); `counter` only rises (the last step of one-time codes, the counter of a passkey).
CREATE TABLE sign_in_method (
    id           BLOB PRIMARY KEY,
    user_id BLOB NOT NULL,
    kind         INTEGER NOT NULL,
    subject      TEXT NOT NULL,
    secret       BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    confirmed_at INTEGER,
    counter      INTEGER NOT NULL,
    UNIQUE (user_id, kind, subject)
) WITHOUT ROWID;
-- Who comes from elsewhere is one user here.
CREATE UNIQUE INDEX sign_in_method_subject ON sign_in_method (kind, subject) WHERE kind > 2;

CREATE TABLE recovery_code (
    user_id BLOB NOT NULL,
    digest  BLOB NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (user_id, digest)
) WITHOUT ROWID;

CREATE TABLE session (
    id      BLOB PRIMARY KEY,
    digest  BLOB NOT NULL UNIQUE,
    user_id BLOB NOT NULL,
    epoch   INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    aal     INTEGER NOT NULL,
    tries   INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent   TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_end ON session (ends_at);

CREATE TABLE member (
    workspace BLOB NOT NULL,
    user_id BLOB NOT NULL,
    role      INTEGER NOT NULL,
    since     INTEGER NOT NULL,
    PRIMARY KEY (workspace, user_id)
) WITHOUT ROWID;
CREATE INDEX member_user ON member (user_id);

CREATE TABLE invitation (
    id           BLOB PRIMARY KEY,
    workspace    BLOB NOT NULL,
    email        TEXT NOT NULL,
    folded       TEXT NOT NULL,
    role         INTEGER NOT NULL,
    digest       BLOB NOT NULL UNIQUE,
    made_at      INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    made_by      TEXT NOT NULL,
    accepted_at  INTEGER,
    withdrawn_at INTEGER
) WITHOUT ROWID;
CREATE INDEX invitation_workspace ON invitation (workspace, folded);

-- `kind`: 1 proves an address, 2 sets a new password, 3 makes the first operator (of no user yet).
CREATE TABLE mailed_token (
    digest  BLOB PRIMARY KEY,
    user_id BLOB,
    kind    INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX mailed_token_user ON mailed_token (user_id, kind);

-- The log says where and what was before and after. Each entry's hash covers the one before it; entries from before this
-- step have none.
ALTER TABLE operator_log ADD COLUMN workspace BLOB;
ALTER TABLE operator_log ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE operator_log ADD COLUMN was TEXT;
ALTER TABLE operator_log ADD COLUMN became TEXT;
ALTER TABLE operator_log ADD COLUMN hash BLOB;
CREATE INDEX operator_log_workspace ON operator_log (workspace, at) WHERE workspace IS NOT NULL;
CREATE TABLE log_head (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    entries  INTEGER NOT NULL,
    hash     BLOB NOT NULL
);
INSERT INTO log_head (only_one, entries, hash) VALUES (1, 0, zeroblob(32));
CREATE TRIGGER operator_log_is_never_changed BEFORE UPDATE ON operator_log
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER operator_log_is_never_deleted BEFORE DELETE ON operator_log
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
