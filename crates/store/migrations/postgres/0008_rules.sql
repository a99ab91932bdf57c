-- What keys and workspaces may do, as JSON text that the admit crate reads. `version` rises with every change of a row, so that two
-- changes at once are noticed.
ALTER TABLE workspace ADD COLUMN rules text NOT NULL DEFAULT '{}';
ALTER TABLE workspace ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE api_key ADD COLUMN rules text NOT NULL DEFAULT '{}';
ALTER TABLE api_key ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE api_key ADD COLUMN owner uuid;
ALTER TABLE api_key ADD COLUMN created_by text NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN last_used_at bigint;
-- The text that a key had before its last rotation, and until when it works.
ALTER TABLE api_key ADD COLUMN old_digest bytea;
ALTER TABLE api_key ADD COLUMN old_ends_at bigint;
