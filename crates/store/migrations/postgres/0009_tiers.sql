-- Tiers: how much an account may ask for; none is the default table.
CREATE TABLE tier (
    name     text PRIMARY KEY,
    document text NOT NULL
);
