//! Workspaces, keys, operator tokens, the log, the catalogue.
