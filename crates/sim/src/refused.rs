//! What an answer carries beside its content: its ids, and what a refusal says.
//! In: a status and words. Out: `Refused`, `Stamp`. Never here: a dialect's shape of them.

use sha2::{Digest, Sha256};

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An answer that is not a success, in no dialect yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    /// The error type; when empty, the one that belongs to the status.
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    pub(crate) code: Option<String>,
    /// Seconds to wait before another try, for dialects that say so in the body.
    pub(crate) retry_after: Option<Box<str>>,
}

impl Refused {
    /// A failure of the kind its status says.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, kind: String::new(), message: message.into(), param: None, code: None, retry_after: None }
    }

    /// A bad request.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(crate) fn code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }
}

/// The ids and the time of one answer.
pub(crate) struct Stamp {
    pub(crate) number: u64,
    pub(crate) created: i64,
    pub(crate) canary: String,
}

impl Stamp {
    /// An id as the providers make them: a prefix and 24 letters, another one for each answer and part of it.
    pub(crate) fn id(&self, prefix: &str, part: u64) -> String {
        let sum = Sha256::digest(format!("{}/{prefix}/{}/{part}", self.created, self.number));
        let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
        let letters: String = sum.iter().take(24).map(letter).collect();
        format!("{prefix}{letters}")
    }
}
