-- Tiers: how much an account may ask for; none is the default table.
CREATE TABLE tier (
    name     TEXT PRIMARY KEY,
    document TEXT NOT NULL
) WITHOUT ROWID;
