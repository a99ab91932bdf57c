-- The oldest answers of a workspace go when it keeps too many.
CREATE INDEX IF NOT EXISTS kept_answer_of ON kept_answer (workspace, created_at);
