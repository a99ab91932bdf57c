//! Proofs of reasoning as a client of this dialect carries them: base64 in `thoughtSignature`. In: a proof as the seal
//! carries it. Out: the signature of a part, and back. Never here: whose proof it is (seal), which part it stands on.
//!
//! Other dialects have two kinds of proof, of a thought that was told and of one that nobody may read. Clients of this one
//! keep signatures and forget thoughts, so the kind rides with the proof.

use crate::media::{decode_base64, encode_base64, standard_base64};
use crate::seal::is_carried;

/// Behind the proof of a thought that was told. No proof has a line end.
const OF_THOUGHT: &str = "\n.thought";

/// A carried proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// As the seal carries it.
    pub carried: String,
    /// Whether it is of a thought that was told.
    pub of_thought: bool,
}

impl Proof {
    /// The signature for a client.
    pub fn signature(&self) -> String {
        let mark = if self.of_thought { OF_THOUGHT } else { "" };
        encode_base64(format!("{}{mark}", self.carried).as_bytes())
    }

    /// The proof in a client's signature; `None` when it is none that was carried.
    pub fn read(signature: &str) -> Option<Self> {
        if !may_be_carried(signature.as_bytes()) {
            return None;
        }
        let text = String::from_utf8(decode_base64(&standard_base64(signature))?).ok()?;
        if !is_carried(text.as_bytes()) {
            return None;
        }
        Some(match text.strip_suffix(OF_THOUGHT) {
            Some(carried) => Self { carried: carried.to_owned(), of_thought: true },
            None => Self { carried: text, of_thought: false },
        })
    }
}

/// Whether a signature begins as the base64 of a carried proof does: five characters and four bits of the sixth.
pub(crate) fn may_be_carried(signature: &[u8]) -> bool {
    signature.starts_with(b"dGcxL") && matches!(signature.get(5), Some(b'g'..=b'v'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Maker;

    #[test]
    fn proofs_come_back_as_they_went() {
        for of_thought in [true, false] {
            let proof = Proof { carried: Maker(0xfeed).carry("AbC+/=é"), of_thought };
            let signature = proof.signature();
            assert!(may_be_carried(signature.as_bytes()));
            assert_eq!(Proof::read(&signature), Some(proof.clone()));
            // Some SDKs write the other alphabet of base64.
            let other = signature.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned();
            assert_eq!(Proof::read(&other), Some(proof));
        }
        for foreign in ["", "AbC+/w==", "dGcx", "dGcxLw==", "dGcxL!"] {
            assert_eq!(Proof::read(foreign), None, "{foreign}");
        }
    }
}
