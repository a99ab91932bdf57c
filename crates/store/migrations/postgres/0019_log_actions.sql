-- The log by what was done: the history of the catalogue is asked for by it.
CREATE INDEX operator_log_action ON operator_log (action, at);
