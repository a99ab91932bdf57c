//! The encrypted content of reasoning, which only this server can make. In: the reasoning. Out: its sealed form.
//! Never here: a real secret; the point is that changed content is noticed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// How sealed content begins.
pub(super) const PREFIX: &str = "gAAAAAB";
const SUM_BYTES: usize = 32;

fn sum(text: &[u8]) -> [u8; SUM_BYTES] {
    Sha256::new().chain_update("simulated encryption of reasoning\0").chain_update(text).finalize().into()
}

/// Reasoning in a form that holds all of it.
pub(super) fn encrypt(text: &str) -> String {
    format!("{PREFIX}{}", STANDARD.encode([&sum(text.as_bytes())[..], text.as_bytes()].concat()))
}

/// The reasoning again; `None` when one letter was changed.
pub(super) fn decrypt(sealed: &str) -> Option<String> {
    let bytes = STANDARD.decode(sealed.strip_prefix(PREFIX)?).ok()?;
    let (sum_told, text) = bytes.split_at_checked(SUM_BYTES)?;
    if sum(text) != sum_told {
        return None;
    }
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::{decrypt, encrypt};

    #[test]
    fn only_what_was_sealed_here_opens() {
        let sealed = encrypt("I think");
        assert_eq!(decrypt(&sealed).as_deref(), Some("I think"));
        assert_eq!(decrypt("gAAAAABabc"), None);
        assert_eq!(decrypt(&format!("{sealed}AAAA")), None);
    }
}
