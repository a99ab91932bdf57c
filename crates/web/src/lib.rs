//! The console as the binary carries it: built by build.rs, compressed once. In: a path. Out: bytes.
//! Never here: headers, who may see what (server), anything that needs Node when this crate is not built.

use rust_embed::{Embed, EmbeddedFile};
use std::borrow::Cow;

/// What build.rs wrote.
#[derive(Embed)]
#[folder = "$OUT_DIR/console"]
struct Built;

/// The page that begins the console; a nonce goes where it says `__CSP_NONCE__`.
pub fn page() -> Cow<'static, [u8]> {
    Built::get("index.html").map(|file| file.data).unwrap_or_default()
}

/// The paths that the console knows, as a JSON array of texts; a part that begins with `$` is anything.
pub fn paths() -> Cow<'static, [u8]> {
    Built::get("paths.json").map(|file| file.data).unwrap_or_default()
}

/// A file by its path (`assets/x.js`): its bytes, and a digest of them.
pub fn file(path: &str) -> Option<(Cow<'static, [u8]>, [u8; 32])> {
    let EmbeddedFile { data, metadata } = Built::get(path)?;
    Some((data, metadata.sha256_hash()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever was embedded, the console or the page that stands in for it, is whole.
    #[test]
    fn what_the_binary_carries_is_whole() {
        let page = String::from_utf8(page().into_owned()).unwrap();
        assert!(page.contains("<title>Tollgate") && page.contains("</html>"), "{page}");
        assert!(String::from_utf8(paths().into_owned()).unwrap().starts_with('['));
        for address in page.split("=\"/").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (bytes, _) = file(address).unwrap_or_else(|| panic!("{address} is not there"));
            assert!(!bytes.is_empty(), "{address}");
        }
        assert!(file("assets/nothing.js").is_none() && file("../index.html").is_none());
    }
}
