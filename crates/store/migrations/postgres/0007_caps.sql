-- What was charged to somebody (a key, a member of a workspace, an end user) on a UTC day, that of the request's id. Caps of days
-- and months read it.
CREATE TABLE spend_day (
    meter uuid NOT NULL,
    day   bigint NOT NULL,
    spent bigint NOT NULL CHECK (spent >= 0),
    PRIMARY KEY (meter, day)
);
INSERT INTO spend_day (meter, day, spent)
    SELECT key, day, sum(charge) FROM usage WHERE closing = 1 AND charge > 0 GROUP BY key, day;

-- Whose spend a hold counts for besides its key's.
ALTER TABLE hold ADD COLUMN member uuid;
ALTER TABLE hold ADD COLUMN end_user uuid;
CREATE INDEX hold_workspace ON hold (workspace);

-- Whose a request is besides its key's.
ALTER TABLE usage ADD COLUMN member uuid;
ALTER TABLE usage ADD COLUMN end_user uuid;
