//! The way into a store. In: where it is, a clock, chance, a runtime for background work. Out: the three doors.
//! Never here: settings read from the environment, a log line.

use crate::port::{AuditReport, Ledger, People, Store};
use crate::{postgres, sqlite};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use units::{Chance, Clock};

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory of this machine, for one process.
    Sqlite {
        /// The data directory; made when it is not there.
        dir: PathBuf,
    },
    /// A PostgreSQL server, for many processes.
    Postgres {
        /// `postgres://user:password@host/database` or key-value text. Without TLS.
        url: String,
        /// How long a node may be silent before its holds are void.
        lease: Duration,
    },
}

/// What opening takes, besides the clock, chance and a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// Which engine, and where.
    pub kind: Kind,
    /// HMAC-SHA256 of a fixed text under the master key. Kept at the first start; another one is refused.
    pub master_check: Option<[u8; 32]>,
}

impl StoreConfig {
    /// SQLite in a directory, without a master key check.
    pub fn sqlite(dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        Self { kind: Kind::Sqlite { dir }, master_check: None }
    }

    /// PostgreSQL with the usual lease of 30 s, without a master key check.
    pub fn postgres(url: impl Into<String>) -> Self {
        Self { kind: Kind::Postgres { url: url.into(), lease: Duration::from_secs(30) }, master_check: None }
    }

    /// The same, checking the master key.
    #[must_use]
    pub const fn with_master_check(mut self, check: [u8; 32]) -> Self {
        self.master_check = Some(check);
        self
    }
}

/// An open store.
pub struct Opened {
    /// The hot door.
    pub ledger: Arc<dyn Ledger>,
    /// The other door.
    pub store: Arc<dyn Store>,
    /// The door of people.
    pub people: Arc<dyn People>,
    /// Holds of dead boots that were given back at the start.
    pub recovered: u64,
}

/// Why a store did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the data directory {0} is in use by another process")]
    InUse(PathBuf),
    /// It was sealed with another master key.
    #[error(
        "the master key is not the one this store was started with; give the old key back, nothing was changed"
    )]
    WrongMaster,
    /// It was written by a newer version.
    #[error("the store has schema {found}, this version knows {known}: it was written by a newer version")]
    Newer {
        /// What is there.
        found: i64,
        /// What is known here.
        known: i64,
    },
    /// It was written by an older version, and nothing may be changed.
    #[error(
        "the store has schema {found}, this version knows {known}: start this version once, which brings it up to date, or look at it with the version that wrote it"
    )]
    Older {
        /// What is there.
        found: i64,
        /// What is known here.
        known: i64,
    },
    /// There is nothing to read.
    #[error("there is no store in {0}")]
    Missing(PathBuf),
    /// The files cannot be used.
    #[error("cannot use {path}: {cause}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The database said no.
    #[error("the database does not open: {0}")]
    Database(String),
}

/// Opens a store: migrates it, checks the master key, gives back the holds of dead boots.
///
/// # Errors
/// `OpenError` says why it cannot be used; then nothing runs.
pub async fn open(
    config: StoreConfig,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    background: Handle,
) -> Result<Opened, OpenError> {
    let check = config.master_check;
    match config.kind {
        Kind::Sqlite { dir } => sqlite::open(&dir, check, clock, &*chance),
        Kind::Postgres { url, lease } => {
            let way = Way { clock, chance, background };
            postgres::open(&url, lease, check, way).await
        }
    }
}

/// What an engine takes from outside.
pub struct Way {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids.
    pub chance: Arc<dyn Chance>,
    /// Where tasks run.
    pub background: Handle,
}

/// Audits a stopped SQLite store without changing it, also after a crash and before any recovery.
///
/// # Errors
/// `InUse` while a process has it, `Missing`, or what the database says.
pub fn audit_offline(dir: &Path) -> Result<AuditReport, OpenError> {
    sqlite::audit_offline(dir)
}
