-- Pages of one model, and of what was refused or failed, are read without a look at everything else. Run for the table of each day (DAY).
CREATE INDEX usage_DAY_model ON usage_DAY (workspace, model, request);
CREATE INDEX usage_DAY_unserved ON usage_DAY (request) WHERE status >= 400 OR fault IS NOT NULL;
CREATE INDEX usage_DAY_unserved_of ON usage_DAY (workspace, request) WHERE status >= 400 OR fault IS NOT NULL;
