-- How many requests of somebody were settled on a day: caps on requests read it.
ALTER TABLE spend_day ADD COLUMN requests INTEGER NOT NULL DEFAULT 0 CHECK (requests >= 0);
