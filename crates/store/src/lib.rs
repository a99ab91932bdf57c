//! Where everything lasts: one port of use-case verbs, two engines (SQLite, PostgreSQL), one suite for both.
//! In: orders and records. Out: what is durable. Never here: deciding about money (ledger does), HTTP.

pub mod port;

mod chain;
mod facts;
mod intern;
mod kept;
mod log_page;
mod open;
mod postgres;
mod private;
mod record;
mod reply;
mod shape;
mod sqlite;
mod tally;

pub use open::{Kind, OpenError, Opened, StoreConfig, audit_offline, open};
pub use port::{AuditReport, Ledger, Store, StoreError};
pub use private::owner_only;
pub use shape::{Shape, shape};
