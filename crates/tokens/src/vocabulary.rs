//! Texts as tokens. In: a text. Out: how many tokens it has in a vocabulary. Each vocabulary is built at its first use (a
//! tenth of a second and some 70 MB), never before. Never here: what stands around a text.

use bpe_openai::Tokenizer as Vocabulary;

/// Which vocabulary a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Tokenizer {
    /// OpenAI's newer models (GPT-4o and later).
    O200k,
    /// OpenAI's older models (GPT-3.5, GPT-4, embeddings).
    Cl100k,
    /// One that is not public: estimated.
    #[default]
    Unknown,
}

impl Tokenizer {
    /// Every tokenizer.
    pub const ALL: &[Self] = &[Self::O200k, Self::Cl100k, Self::Unknown];

    /// The word in the catalogue.
    pub const fn name(self) -> &'static str {
        match self {
            Self::O200k => "o200k",
            Self::Cl100k => "cl100k",
            Self::Unknown => "unknown",
        }
    }

    /// The tokenizer of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|tokenizer| tokenizer.name() == name)
    }

    /// Whether the vocabulary is the model's own.
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown)
    }

    /// How many tokens a text has; of an unknown vocabulary an estimate.
    pub fn count(self, text: &str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        match self {
            Self::O200k => exact(bpe_openai::o200k_base(), text),
            Self::Cl100k => exact(bpe_openai::cl100k_base(), text),
            Self::Unknown => {
                let known = exact(bpe_openai::o200k_base(), text);
                known.saturating_add(known.div_ceil(5))
            }
        }
    }

    /// The text of these tokens; `None` where one of them is none, or they make no text.
    pub fn text(self, tokens: &[u32]) -> Option<String> {
        let vocabulary = match self {
            Self::O200k => bpe_openai::o200k_base(),
            Self::Cl100k => bpe_openai::cl100k_base(),
            Self::Unknown => return None,
        };
        vocabulary.decode(tokens)
    }
}

fn exact(vocabulary: &Vocabulary, text: &str) -> u64 {
    vocabulary.count(text) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts that the public tokenizers of these vocabularies give.
    #[test]
    fn texts_have_the_tokens_of_their_vocabulary() {
        for (text, o200k, cl100k) in [
            ("", 0, 0),
            ("hello world", 2, 2),
            ("tiktoken is great!", 6, 6),
            ("お誕生日おめでとう", 8, 9),
            ("antidisestablishmentarianism", 6, 6),
        ] {
            assert_eq!(Tokenizer::O200k.count(text), o200k, "{text}");
            assert_eq!(Tokenizer::Cl100k.count(text), cl100k, "{text}");
        }
        assert_eq!(Tokenizer::Unknown.count("hello world"), 3);
        assert_eq!(Tokenizer::Unknown.count(""), 0);
    }

    #[test]
    fn tokens_make_their_text_again() {
        assert_eq!(Tokenizer::Cl100k.text(&[15339, 1917]).as_deref(), Some("hello world"));
        assert_eq!(Tokenizer::Unknown.text(&[1]), None);
    }

    #[test]
    fn names_lead_back() {
        for tokenizer in Tokenizer::ALL {
            assert_eq!(Tokenizer::from_name(tokenizer.name()), Some(*tokenizer));
        }
        assert_eq!(Tokenizer::from_name("bert"), None);
    }
}
