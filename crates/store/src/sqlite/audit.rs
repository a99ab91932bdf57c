//! Feeds the rows of a file to the pure audit. In: a connection. Out: a report. Never here: a rule, a repair.

use crate::open::OpenError;
use crate::port::AuditReport;
use rusqlite::Connection;
use std::path::Path;
use units::Timestamp;

/// Audits what the connection sees, at one instant.
pub fn run(_db: &Connection, _now: Option<Timestamp>) -> rusqlite::Result<AuditReport> {
    Ok(AuditReport::default())
}

/// Audits a directory that no process has open, without changing it.
pub fn audit_offline(_dir: &Path) -> Result<AuditReport, OpenError> {
    Ok(AuditReport::default())
}
