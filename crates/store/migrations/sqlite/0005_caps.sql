-- What was charged to somebody (a key, a member of a workspace, an end user) on a UTC day, that of the request's id. Caps of days
-- and months read it.
CREATE TABLE spend_day (
    meter BLOB NOT NULL,
    day   INTEGER NOT NULL,
    spent INTEGER NOT NULL CHECK (spent >= 0),
    PRIMARY KEY (meter, day)
) WITHOUT ROWID;

-- Whose spend a hold counts for besides its key's.
ALTER TABLE hold ADD COLUMN member BLOB;
ALTER TABLE hold ADD COLUMN end_user BLOB;
