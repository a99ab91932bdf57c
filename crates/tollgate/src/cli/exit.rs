//! How commands end. In: what went wrong. Out: one of the documented exit codes (docs/CLI.md). Never here: printing.

use serde_json::Value;

/// Why a command did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It failed.
    #[error("{0}")]
    Failed(String),
    /// It was called wrongly.
    #[error("{0}")]
    Usage(String),
    /// The server cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The server said no.
    #[error("{told}")]
    Refused {
        /// Its status.
        status: u16,
        /// Its words, request id included.
        told: String,
        /// Its body, for `--json`.
        body: Value,
    },
}

impl Trouble {
    /// The exit code.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Unreachable(_) => 7,
            Self::Refused { status, .. } => match status {
                401 | 403 => 3,
                402 => 4,
                404 => 5,
                429 => 6,
                500.. => 7,
                _ => 1,
            },
        }
    }
}
