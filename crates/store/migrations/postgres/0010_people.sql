-- People: users, how they sign in, where they are signed in, and the workspaces they belong to. Digests are of secrets
-- that only their holder has.

CREATE TABLE user_account (
    id          uuid PRIMARY KEY,
    email       text NOT NULL,
    folded      text NOT NULL UNIQUE,
    name        text NOT NULL,
    created_at  bigint NOT NULL,
    verified_at bigint,
    disabled_at bigint,
    operator    boolean NOT NULL,
    epoch       bigint NOT NULL
);

-- `kind`: 1 password, 2 one-time codes, 3 OIDC, 4 passkey. `subject` tells several of one kind apart (an issuer and its
-- subject, a passkey's id); `counter` only rises (the last step of one-time codes, the counter of a passkey).
CREATE TABLE sign_in_method (
    id           uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    kind         bigint NOT NULL,
    subject      text NOT NULL,
    secret       bytea NOT NULL,
    created_at   bigint NOT NULL,
    confirmed_at bigint,
    counter      bigint NOT NULL,
    UNIQUE (user_id, kind, subject)
);
-- Who comes from elsewhere is one user here.
CREATE UNIQUE INDEX sign_in_method_subject ON sign_in_method (kind, subject) WHERE kind > 2;

CREATE TABLE recovery_code (
    user_id uuid NOT NULL,
    digest  bytea NOT NULL,
    used_at bigint,
    PRIMARY KEY (user_id, digest)
);

CREATE TABLE session (
    id      uuid PRIMARY KEY,
    digest  bytea NOT NULL UNIQUE,
    user_id uuid NOT NULL,
    epoch   bigint NOT NULL,
    made_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    aal     bigint NOT NULL,
    tries   bigint NOT NULL,
    address text NOT NULL,
    agent   text NOT NULL
);
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_end ON session (ends_at);

CREATE TABLE member (
    workspace uuid NOT NULL,
    user_id uuid NOT NULL,
    role      bigint NOT NULL,
    since     bigint NOT NULL,
    PRIMARY KEY (workspace, user_id)
);
CREATE INDEX member_user ON member (user_id);

CREATE TABLE invitation (
    id           uuid PRIMARY KEY,
    workspace    uuid NOT NULL,
    email        text NOT NULL,
    folded       text NOT NULL,
    role         bigint NOT NULL,
    digest       bytea NOT NULL UNIQUE,
    made_at      bigint NOT NULL,
    ends_at      bigint NOT NULL,
    made_by      text NOT NULL,
    accepted_at  bigint,
    withdrawn_at bigint
);
CREATE INDEX invitation_workspace ON invitation (workspace, folded);

-- `kind`: 1 proves an address, 2 sets a new password, 3 makes the first operator (of no user yet).
CREATE TABLE mailed_token (
    digest  bytea PRIMARY KEY,
    user_id uuid,
    kind    bigint NOT NULL,
    made_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    used_at bigint
);
CREATE INDEX mailed_token_user ON mailed_token (user_id, kind);

-- The log says where and what was before and after. Each entry's hash covers the one before it; entries from before this
-- step have none.
ALTER TABLE operator_log ADD COLUMN workspace uuid;
ALTER TABLE operator_log ADD COLUMN address text NOT NULL DEFAULT '';
ALTER TABLE operator_log ADD COLUMN was text;
ALTER TABLE operator_log ADD COLUMN became text;
ALTER TABLE operator_log ADD COLUMN hash bytea;
CREATE INDEX operator_log_workspace ON operator_log (workspace, at) WHERE workspace IS NOT NULL;
CREATE TABLE log_head (
    only_one bigint PRIMARY KEY CHECK (only_one = 1),
    entries  bigint NOT NULL,
    hash     bytea NOT NULL
);
INSERT INTO log_head (only_one, entries, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));
CREATE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER operator_log_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_log
    FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();

-- Two more kinds of news for the caches of other nodes: 4 people, 5 sessions.
INSERT INTO change (kind, seq) VALUES (4, 0), (5, 0);
