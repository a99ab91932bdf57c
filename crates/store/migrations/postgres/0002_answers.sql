-- Answers that a caller asked to be kept, sealed; they vanish at `expires_at`.
CREATE TABLE kept_answer (
    id         text PRIMARY KEY,
    workspace  uuid NOT NULL REFERENCES workspace (id),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    sealed     bytea NOT NULL
);
CREATE INDEX kept_answer_expires ON kept_answer (expires_at);
