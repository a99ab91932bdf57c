//! The console that this binary carries, as the server wants it. In: what `web` embeds. Out: a page, its paths, its files.
//! Never here: headers (server), how it is built (web).

use bytes::Bytes;
use server::{Console, ConsoleFile};
use std::borrow::Cow;

/// The console of the crate `web`.
pub struct Embedded {
    page: String,
    paths: Vec<String>,
}

impl Embedded {
    /// Takes it out of the binary.
    pub fn new() -> Self {
        let page = String::from_utf8_lossy(&web::page()).into_owned();
        // The build writes this list; one that is none leaves the root alone.
        let paths = serde_json::from_slice(&web::paths()).unwrap_or_default();
        Self { page, paths }
    }
}

impl Console for Embedded {
    fn page(&self) -> &str {
        &self.page
    }

    fn knows(&self, path: &str) -> bool {
        self.paths.iter().any(|known| fits(known, path))
    }

    fn file(&self, path: &str) -> Option<ConsoleFile> {
        let (bytes, digest) = web::file(path)?;
        let bytes = match bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Some(ConsoleFile { bytes, digest })
    }
}

/// Whether a path is one of a pattern, in which a part that begins with `$` is anything. A slash at the end changes nothing.
fn fits(pattern: &str, path: &str) -> bool {
    let parts = |text: &str| text.trim_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, path) = (parts(pattern), parts(path));
    let same =
        |(known, part): (&String, &String)| if known.starts_with('$') { !part.is_empty() } else { known == part };
    pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_patterns() {
        for (pattern, path) in [("/", "/"), ("/keys", "/keys"), ("/keys", "/keys/"), ("/keys/$key", "/keys/key_1")]
        {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in
            [("/", "/keys"), ("/keys", "/"), ("/keys/$key", "/keys"), ("/keys/$key", "/keys/a/b")]
        {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }

    /// The device flow leads people to this page, letters to the others (server::mail).
    #[test]
    fn the_console_has_the_pages_that_the_server_leads_to() {
        let console = Embedded::new();
        let built = !console.paths.is_empty();
        for path in ["/", "/device", "/verify", "/reset", "/invitation", "/setup", "/sign-in"] {
            assert_eq!(console.knows(path), built, "{path}");
        }
    }
}
