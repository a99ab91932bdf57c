//! What browsers are given: the console, which the binary carries. In: a path. Out: bytes.
//! Never here: how it is made (web), headers (doors/console).

use bytes::Bytes;

/// Where the nonce of a page goes.
pub const NONCE_MARK: &str = "__CSP_NONCE__";

/// A file of the console.
#[derive(Clone, Debug)]
pub struct ConsoleFile {
    /// What is in it.
    pub bytes: Bytes,
    /// What tells it apart from others of its name.
    pub digest: [u8; 32],
}

/// The console as the binary carries it. Whoever wires a house chooses it, so that this crate is built and tested without one.
pub trait Console: Send + Sync {
    /// The page that begins it; a nonce goes where it says `__CSP_NONCE__`.
    fn page(&self) -> &str;
    /// Whether it has a page at a path.
    fn knows(&self, path: &str) -> bool;
    /// A file by its path without the slash before it (`assets/x.js`); with `.br` or `.gz` behind it, compressed.
    fn file(&self, path: &str) -> Option<ConsoleFile>;
}

/// No console: the API alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoConsole;

impl Console for NoConsole {
    fn page(&self) -> &str {
        "Tollgate\n"
    }

    fn knows(&self, _: &str) -> bool {
        false
    }

    fn file(&self, _: &str) -> Option<ConsoleFile> {
        None
    }
}
