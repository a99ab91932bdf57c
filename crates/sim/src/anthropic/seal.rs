//! Signatures of thinking, which only this server can make. In: the thinking that was told. Out: a signature.
//! Never here: a real secret; the point is that a changed or missing signature is noticed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

fn seal(kind: &str, text: &str) -> String {
    let sum = Sha256::digest(format!("simulated signature of {kind}\0{text}"));
    format!("Eq{}", STANDARD.encode([&sum[..], &sum[..16]].concat()))
}

/// The signature of a thinking block.
pub(super) fn sign(thinking: &str) -> String {
    seal("thinking", thinking)
}

pub(super) fn signed(thinking: &str, signature: &str) -> bool {
    sign(thinking) == signature
}

/// The only redacted thinking there is.
pub(super) fn redacted() -> String {
    seal("redacted", "")
}

#[cfg(test)]
mod tests {
    use super::{sign, signed};

    #[test]
    fn a_changed_word_breaks_the_signature() {
        assert!(signed("I think", &sign("I think")));
        assert!(!signed("I thought", &sign("I think")));
        assert!(!signed("I think", ""));
    }
}
