//! A look at the shape of a store that nobody opens by it. In: where it is. Out: which shape it has, and which is the newest known here.
//! Never here: a change, recovery, the master key.

use crate::open::{Kind, OpenError};
use crate::{postgres, sqlite};
use tokio::runtime::Handle;

/// The shape of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What is there; 0 where nothing was made yet.
    pub found: i64,
    /// The newest one that is known here.
    pub known: i64,
}

/// Looks at the shape of a store, whether a process has it open or not.
///
/// # Errors
/// `Missing` where there is no file, or what the database says.
pub async fn shape(kind: Kind, background: Handle) -> Result<Shape, OpenError> {
    match kind {
        Kind::Sqlite { dir } => sqlite::shape(&dir),
        Kind::Postgres { url, .. } => postgres::shape(&url, background).await,
    }
}
