-- The whole of a store: money (credit, hold, transfer), records (one partition a day), people, catalogue, nodes.
-- Ids are uuid, instants are milliseconds since 1970, money is nano-USD. Leases run on the server's own clock.

CREATE TABLE meta (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);

CREATE TABLE workspace (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    slug       text NOT NULL UNIQUE,
    created_at bigint NOT NULL
);

CREATE TABLE api_key (
    id         uuid PRIMARY KEY,
    workspace  uuid NOT NULL,
    name       text NOT NULL,
    prefix     text NOT NULL,
    digest     bytea NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint
);

CREATE TABLE operator_token (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    prefix     text NOT NULL,
    digest     bytea NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    revoked_at bigint
);
CREATE UNIQUE INDEX operator_token_name ON operator_token (name) WHERE revoked_at IS NULL;

CREATE TABLE provider (
    name     text COLLATE "C" PRIMARY KEY,
    document text NOT NULL
);

CREATE TABLE credential (
    id          uuid PRIMARY KEY,
    provider    text COLLATE "C" NOT NULL,
    position    bigint NOT NULL,
    fingerprint bytea NOT NULL,
    sealed      bytea NOT NULL,
    UNIQUE (provider, position)
);

CREATE TABLE model (
    id       text COLLATE "C" PRIMARY KEY,
    document text NOT NULL
);

-- Every version ever used stays; `in_force` marks the one of the catalogue as it stands.
CREATE TABLE price (
    id             uuid PRIMARY KEY,
    model          text COLLATE "C" NOT NULL,
    document       text NOT NULL,
    effective_from bigint NOT NULL,
    in_force       boolean NOT NULL
);

CREATE TABLE operator_log (
    seq    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     bigint NOT NULL,
    actor  text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    detail text NOT NULL
);
CREATE INDEX operator_log_at ON operator_log (at);

-- What changed, for the caches of other nodes: 1 keys, 2 catalogue, 3 operator tokens.
CREATE TABLE change (
    kind smallint PRIMARY KEY,
    seq  bigint NOT NULL
);
INSERT INTO change (kind, seq) VALUES (1, 0), (2, 0), (3, 0);

-- One row for each lease of a running node. A hold whose lease is not here has no owner any more.
CREATE TABLE node (
    lease    uuid PRIMARY KEY,
    boot     uuid NOT NULL,
    lease_ms bigint NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- `posted` and `held` are projections of the journal and of the open holds.
CREATE TABLE credit (
    id         uuid PRIMARY KEY,
    workspace  uuid NOT NULL,
    kind       text NOT NULL,
    priority   smallint NOT NULL,
    granted    bigint NOT NULL CHECK (granted > 0),
    expires_at bigint,
    swept      boolean NOT NULL DEFAULT false,
    posted     bigint NOT NULL CHECK (posted >= 0),
    held       bigint NOT NULL CHECK (held >= 0 AND held <= posted),
    reason     text NOT NULL,
    actor      text NOT NULL,
    at         bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX credit_workspace ON credit (workspace);

-- `legs` packs what is reserved, in drain order: 16 bytes of grant and 8 bytes of amount (big endian) each.
CREATE TABLE hold (
    id        uuid PRIMARY KEY,
    workspace uuid NOT NULL,
    key       uuid NOT NULL,
    lease     uuid NOT NULL,
    want      bigint NOT NULL,
    floor     bigint NOT NULL,
    seq       bigint NOT NULL,
    at        bigint NOT NULL,
    legs      bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- Holds that closed without a settle; a settled one has its usage row.
CREATE TABLE tombstone (
    hold  uuid PRIMARY KEY,
    state smallint NOT NULL,
    at    bigint NOT NULL
);

-- The journal. `ref` is the request or the grant, `leg` counts its rows of one code.
CREATE TABLE transfer (
    ref    uuid NOT NULL,
    code   smallint NOT NULL,
    leg    smallint NOT NULL,
    debit  uuid NOT NULL,
    credit uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    at     bigint NOT NULL,
    PRIMARY KEY (ref, code, leg)
);
CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only';
END $$;
CREATE TRIGGER transfer_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only();

CREATE TABLE key_spend (
    key   uuid PRIMARY KEY,
    spent bigint NOT NULL CHECK (spent >= 0)
) WITH (fillfactor = 50);

-- `closing`: 0 there was no hold, 1 settled, 2 released. The day is that of the time in the request's id.
CREATE TABLE usage (
    day bigint NOT NULL, request uuid NOT NULL, closing smallint NOT NULL, at bigint NOT NULL,
    workspace uuid NOT NULL, key uuid NOT NULL, endpoint text NOT NULL, model text NOT NULL,
    provider text NOT NULL, upstream_model text NOT NULL, status integer NOT NULL, fault text,
    input bigint, cache_read bigint, cache_write_5m bigint, cache_write_1h bigint, audio_in bigint,
    output bigint, reasoning bigint, audio_out bigint,
    source smallint NOT NULL, price uuid, charge bigint NOT NULL CHECK (charge >= 0),
    latency_ms bigint NOT NULL, first_byte_ms bigint, flags smallint NOT NULL,
    attempts smallint NOT NULL, client_request_id text,
    PRIMARY KEY (day, request)
) PARTITION BY LIST (day);

-- The days that have a partition (`usage_<day>`); retention drops whole days.
CREATE TABLE usage_day (
    day bigint PRIMARY KEY
);
