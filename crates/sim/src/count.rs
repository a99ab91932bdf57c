//! Counts tokens by the rule written in the crate's caption. In: text, media. Out: numbers.
//! Never here: a real tokenizer, or anything that depends on the dialect.

use serde_json::Value;
use sha2::{Digest, Sha256};

const BYTES_PER_TOKEN: u64 = 4;
const IMAGE_TOKENS: u64 = 85;
const DOCUMENT_TOKENS: u64 = 100;
const AUDIO_TOKENS: u64 = 50;

/// The tokens of one piece of text: four bytes each, rounded up.
pub fn tokens_of(text: &str) -> u64 {
    (text.len() as u64).div_ceil(BYTES_PER_TOKEN)
}

/// The longest beginning of `text` that has at most `tokens` tokens and ends on a character.
pub(crate) fn first_tokens(text: &str, tokens: u64) -> &str {
    let limit = usize::try_from(tokens.saturating_mul(BYTES_PER_TOKEN)).unwrap_or(usize::MAX);
    if text.len() <= limit {
        return text;
    }
    let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// Adds up a prompt, and knows at any point how much came before and what it was.
#[derive(Clone, Default)]
pub(crate) struct Meter {
    bytes: u64,
    fixed: u64,
    seen: Sha256,
}

impl Meter {
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes += text.len() as u64;
        self.seen.update(text.as_bytes());
    }

    /// A JSON value, counted in its compact form.
    pub(crate) fn json(&mut self, value: &Value) {
        self.text(&value.to_string());
    }

    /// JSON that came as text (arguments of a call): counted in its compact form when it parses.
    pub(crate) fn json_text(&mut self, text: &str) {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.json(&value),
            Err(_) => self.text(text),
        }
    }

    pub(crate) fn image(&mut self, identity: &str) {
        self.fixed += IMAGE_TOKENS;
        self.seen.update(identity.as_bytes());
    }

    pub(crate) fn document(&mut self, identity: &str) {
        self.fixed += DOCUMENT_TOKENS;
        self.seen.update(identity.as_bytes());
    }

    pub(crate) fn audio(&mut self, identity: &str) {
        self.fixed += AUDIO_TOKENS;
        self.seen.update(identity.as_bytes());
    }

    /// Tokens that came as numbers: one each.
    pub(crate) fn ids(&mut self, count: u64) {
        self.fixed += count;
    }

    pub(crate) fn tokens(&self) -> u64 {
        self.bytes.div_ceil(BYTES_PER_TOKEN) + self.fixed
    }

    /// A digest of everything so far: two equal prefixes have the same one.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.seen.clone().finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Meter, first_tokens, tokens_of};

    #[test]
    fn four_bytes_are_a_token() {
        for (text, tokens) in [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("日本", 2)] {
            assert_eq!(tokens_of(text), tokens, "{text}");
        }
    }

    #[test]
    fn a_cut_never_breaks_a_character_and_is_exact() {
        let text = "日本語のテキスト";
        for tokens in 0..7 {
            assert_eq!(tokens_of(first_tokens(text, tokens)), tokens.min(6));
        }
    }

    #[test]
    fn the_split_of_a_prompt_does_not_matter() {
        let (mut one, mut two) = (Meter::default(), Meter::default());
        one.text("hello world");
        two.text("hello ");
        two.text("world");
        assert_eq!(one.tokens(), 3);
        assert_eq!(two.tokens(), 3);
        two.image("x");
        assert_eq!(two.tokens(), 88);
    }
}
