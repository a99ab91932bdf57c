-- Pages of one model, of a session, and of what was refused or failed, are read without a look at everything else. Run for the table of each
-- day (DAY).
DROP INDEX usage_DAY_session;
CREATE INDEX usage_DAY_session ON usage_DAY (session, request) WHERE session IS NOT NULL;
CREATE INDEX usage_DAY_model ON usage_DAY (workspace, model, request);
CREATE INDEX usage_DAY_fault ON usage_DAY (fault, request) WHERE fault IS NOT NULL;
CREATE INDEX usage_DAY_unserved ON usage_DAY (request) WHERE status >= 400;
CREATE INDEX usage_DAY_unserved_of ON usage_DAY (workspace, request) WHERE status >= 400;
