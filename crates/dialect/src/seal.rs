//! Proofs of reasoning that only their maker can read (signatures, encrypted reasoning), carried through clients of other
//! dialects. In: a maker and its proof. Out: a text that names the maker by a number, and back for that maker alone.
//! Never here: a look into a proof, what the number stands for (the server draws it with a secret).

/// What a carried proof starts with. No provider's own proof does.
pub(crate) const MARK: &str = "tg1.";
/// Digits of the maker.
const DIGITS: usize = 16;

/// Who made a proof: a provider and its model, as a number that tells nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Maker(pub u64);

impl Maker {
    /// The proof as a client carries it.
    pub(crate) fn carry(self, proof: &str) -> String {
        format!("{MARK}{:0DIGITS$x}.{proof}", self.0)
    }

    /// The proof of a carried text, if this maker made it. A proof that is not carried was made by somebody unknown.
    pub(crate) fn own(self, carried: &str) -> Option<&str> {
        let rest = carried.strip_prefix(MARK)?;
        let (maker, proof) = rest.split_at_checked(DIGITS)?;
        let own = u64::from_str_radix(maker, 16).is_ok_and(|maker| maker == self.0);
        proof.strip_prefix('.').filter(|_| own)
    }
}

/// Whether a text is a carried proof, whoever made it.
pub(crate) fn is_carried(text: &[u8]) -> bool {
    text.starts_with(MARK.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_maker_gets_its_proof_back() {
        let carried = Maker(0xfeed).carry("AbC+/=");
        assert_eq!(Maker(0xfeed).own(&carried), Some("AbC+/="));
        assert_eq!(Maker(0xbeef).own(&carried), None);
        for broken in ["", "AbC", "tg1.", "tg1.feed.AbC", "tg1.000000000000feed", "tg1.00000000000é.x"] {
            assert_eq!(Maker(0xfeed).own(broken), None, "{broken}");
        }
        assert!(is_carried(carried.as_bytes()) && !is_carried(b"AbC"));
    }
}
