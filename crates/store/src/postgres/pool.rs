//! Connections and the one wrapper around transactions. In: named work. Out: what it came to, retried where that is
//! safe. All of it runs on the background runtime, so that a connection never dies with a caller's. Never here: SQL.

use super::address::Address;
use crate::port::StoreError;
use Failed::{Undone, Unknown};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::sleep;
use tokio_postgres::error::SqlState;
use tokio_postgres::{IsolationLevel, Transaction};

/// Connections for everything but the batcher.
const CONNECTIONS: usize = 6;
/// How often a transaction that lost a race, or its connection before the commit, is tried.
const TRIES: u32 = 8;
/// How long a database that is away is left alone.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why work in the database failed.
#[derive(Debug, thiserror::Error)]
pub enum Fail {
    /// PostgreSQL, or the way to it.
    #[error("{}", explain(.0))]
    Sql(#[from] tokio_postgres::Error),
    /// The answer is a plain no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database holds something else than was expected.
    #[error("{0}")]
    Contradiction(String),
    /// No connection.
    #[error("{0}")]
    Away(String),
}

/// The server's own words, where it said any.
fn explain(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| with_causes(error), |db| db.message().to_owned())
}

/// An error with what it comes from: why a way to the database is refused stands at the bottom.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(below) = cause {
        let words = below.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = below.source();
    }
    text
}

impl Fail {
    /// Rolled back for sure, and likely to work the next time.
    pub fn is_race(&self) -> bool {
        matches!(self, Self::Sql(e) if matches!(
            e.code(),
            Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED | &SqlState::LOCK_NOT_AVAILABLE)
        ))
    }

    /// The database, or the way to it, is not there just now.
    fn is_away(&self) -> bool {
        match self {
            Self::Sql(e) => {
                e.code().is_none_or(|code| code.code().starts_with("57P") || code.code().starts_with("08"))
            }
            Self::Away(_) => true,
            Self::Store(_) | Self::Contradiction(_) => false,
        }
    }

    /// The database refuses what was to be written, and will again.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Sql(e) => {
                e.code().is_some_and(|code| code.code().starts_with("23") || code.code().starts_with("22"))
            }
            Self::Store(_) | Self::Contradiction(_) => true,
            Self::Away(_) => false,
        }
    }

    /// In the words of the port.
    pub fn for_port(self) -> StoreError {
        match self {
            Self::Store(e) => e,
            Self::Contradiction(why) => StoreError::Corrupt(why),
            Self::Sql(_) if self.is_final() => StoreError::Corrupt(self.to_string()),
            Self::Sql(_) | Self::Away(_) => StoreError::Unavailable(self.to_string()),
        }
    }

    /// The same, where a broken uniqueness means that a name is taken.
    pub fn taken(error: tokio_postgres::Error, what: &'static str) -> Self {
        if error.code() == Some(&SqlState::UNIQUE_VIOLATION) {
            Self::Store(StoreError::Exists(what))
        } else {
            Self::Sql(error)
        }
    }
}

/// Asserts that exactly one row was touched.
pub fn one(rows: u64, what: &str) -> Result<(), Fail> {
    if rows == 1 { Ok(()) } else { Err(Fail::Contradiction(format!("{rows} rows where one {what} was expected"))) }
}

/// Work inside a transaction; may be done several times.
pub type Work<T> = Arc<dyn for<'t> Fn(&'t Transaction<'t>) -> BoxFuture<'t, Result<T, Fail>> + Send + Sync>;

/// The connections, and the runtime they live on.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    background: Handle,
}

impl Db {
    /// For a server; connects when first needed.
    pub fn new(address: Address, background: Handle) -> Result<Self, Fail> {
        let recycling_method = RecyclingMethod::Fast;
        let manager = Manager::from_config(address.config, address.tls, ManagerConfig { recycling_method });
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()
            .map_err(|e| Fail::Away(e.to_string()))?;
        Ok(Self { pool, background })
    }

    /// Where tasks of the store run.
    pub const fn background(&self) -> &Handle {
        &self.background
    }

    /// Runs work in a transaction, again when it lost a race.
    pub async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T, StoreError> {
        self.run(IsolationLevel::ReadCommitted, work).await
    }

    /// Runs questions that all see one instant.
    pub async fn read<T: Send + 'static>(&self, work: Work<T>) -> Result<T, StoreError> {
        self.run(IsolationLevel::RepeatableRead, work).await
    }

    async fn run<T: Send + 'static>(&self, level: IsolationLevel, work: Work<T>) -> Result<T, StoreError> {
        let pool = self.pool.clone();
        #[expect(clippy::disallowed_methods, reason = "a question runs to its end whoever stops waiting")]
        let task = self.background.spawn(async move {
            let mut tries = 1;
            loop {
                match once(&pool, level, &work).await {
                    // Rolled back, or never sent to be committed: nothing happened.
                    Err(Undone(fail)) if fail.is_race() && tries < TRIES => {}
                    Err(Undone(fail)) if fail.is_away() && tries < TRIES => sleep(PAUSE).await,
                    Err(Undone(fail) | Unknown(fail)) => return Err(fail),
                    Ok(done) => return Ok(done),
                }
                tries += 1;
            }
        });
        match task.await {
            Ok(done) => done.map_err(Fail::for_port),
            Err(gone) => Err(StoreError::Unavailable(gone.to_string())),
        }
    }

    /// Lets go of every connection.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// How a transaction failed.
enum Failed {
    /// It did not happen.
    Undone(Fail),
    /// Its commit was sent, and no answer came.
    Unknown(Fail),
}

impl<E: Into<Fail>> From<E> for Failed {
    fn from(error: E) -> Self {
        Undone(error.into())
    }
}

async fn once<T>(pool: &Pool, level: IsolationLevel, work: &Work<T>) -> Result<T, Failed> {
    let mut client = pool.get().await.map_err(|e| Fail::Away(with_causes(&e)))?;
    let tx = client.build_transaction().isolation_level(level).start().await?;
    let done = work(&tx).await?;
    match tx.commit().await.map_err(Fail::from) {
        Ok(()) => Ok(done),
        // The server answered: it was rolled back.
        Err(fail) if fail.is_race() || fail.is_final() => Err(Undone(fail)),
        Err(fail) => Err(Unknown(fail)),
    }
}
