//! Words for answers. In: a number of tokens. Out: text of exactly so many, always the same.
//! Never here: chance.

const WORDS: [&str; 16] = [
    "the", "fox", "ran", "far", "and", "saw", "one", "old", "oak", "too", "but", "the", "sun", "was", "hot", "now",
];

/// Text of exactly `tokens` tokens: words of three letters and a space.
pub(crate) fn filler(tokens: u64) -> String {
    let count = usize::try_from(tokens).unwrap_or(usize::MAX);
    let mut text = String::with_capacity(count.saturating_mul(4));
    for index in 0..count {
        text.push_str(WORDS[index % WORDS.len()]);
        text.push(if index + 1 == count { '.' } else { ' ' });
    }
    text
}

/// Cuts text into pieces of `tokens` tokens that end on characters.
pub(crate) fn pieces(text: &str, tokens: u64) -> Vec<&str> {
    let mut rest = text;
    let mut out = Vec::new();
    while !rest.is_empty() {
        let head = crate::count::first_tokens(rest, tokens.max(1));
        out.push(head);
        rest = &rest[head.len()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{filler, pieces};
    use crate::count::tokens_of;

    #[test]
    fn filler_has_exactly_the_tokens_asked_for() {
        for tokens in [0, 1, 2, 100, 1_000] {
            assert_eq!(tokens_of(&filler(tokens)), tokens);
        }
    }

    #[test]
    fn pieces_join_to_the_text() {
        let text = "日本語 and a fox 🦊 in the wood";
        assert_eq!(pieces(text, 1).concat(), text);
        assert!(pieces("", 1).is_empty());
    }
}
