//! A console of paper: a page, two paths, a file in every coding. In: nothing. Out: what a real one would give.
//! Never here: Node, HTML that anybody would look at.

use bytes::Bytes;
use server::{Console, ConsoleFile};

/// The console.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paper;

impl Console for Paper {
    fn page(&self) -> &str {
        "<!doctype html><script nonce=\"__CSP_NONCE__\"></script><style nonce=\"__CSP_NONCE__\"></style></html>"
    }

    fn knows(&self, path: &str) -> bool {
        path == "/" || path == "/keys" || path.strip_prefix("/keys/").is_some_and(|id| !id.contains('/'))
    }

    fn file(&self, path: &str) -> Option<ConsoleFile> {
        let (bytes, digest) = match path {
            "assets/app.js" => ("plain", [1; 32]),
            "assets/app.js.br" => ("brotli", [2; 32]),
            "assets/app.js.gz" => ("gzip", [3; 32]),
            "humans.txt" => ("robots", [4; 32]),
            "index.html" | "paths.json" => ("hidden", [5; 32]),
            _ => return None,
        };
        Some(ConsoleFile { bytes: Bytes::from_static(bytes.as_bytes()), digest })
    }
}
