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

    /// The text of these tokens, if it has so many bytes at most.
    ///
    /// # Errors
    /// `NoText` says why there is none.
    pub fn text(self, tokens: &[u32], bytes_max: usize) -> Result<String, NoText> {
        let vocabulary = match self {
            Self::O200k => bpe_openai::o200k_base(),
            Self::Cl100k => bpe_openai::cl100k_base(),
            Self::Unknown => return Err(NoText::Unknown),
        };
        // The library does not check: a number beyond its table would read beyond it. Names of special tokens are beyond.
        let known = vocabulary.bpe.num_tokens();
        let mut bytes = 0;
        for (n, token) in tokens.iter().enumerate() {
            if usize::try_from(*token).map_or(true, |token| token >= known) {
                return Err(NoText::NoToken(n));
            }
            bytes += vocabulary.bpe.token_len(*token);
            if bytes > bytes_max {
                return Err(NoText::TooLong);
            }
        }
        vocabulary.decode(tokens).ok_or(NoText::NoUtf8)
    }
}

/// Why tokens make no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoText {
    /// The vocabulary is not public.
    Unknown,
    /// The one at this place is no token of a text.
    NoToken(usize),
    /// It is longer than asked for.
    TooLong,
    /// Their bytes are no UTF-8.
    NoUtf8,
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
        assert_eq!(Tokenizer::Cl100k.text(&[15339, 1917], 11).as_deref(), Ok("hello world"));
        assert_eq!(Tokenizer::Cl100k.text(&[15339, 1917], 10), Err(NoText::TooLong));
        assert_eq!(Tokenizer::Unknown.text(&[1], 9), Err(NoText::Unknown));
    }

    /// Numbers that are no tokens of a text are refused, the special ones too; every other is a token.
    #[test]
    fn what_is_no_token_is_refused() {
        for (tokenizer, least) in [(Tokenizer::O200k, 199_998), (Tokenizer::Cl100k, 100_256)] {
            for token in [least, least + 1, least + 20, 1 << 20, u32::MAX - 1, u32::MAX] {
                assert_eq!(tokenizer.text(&[0, token], 99), Err(NoText::NoToken(1)), "{token}");
            }
            for token in 0..least {
                let text = tokenizer.text(&[token], 1_000);
                assert!(matches!(text, Ok(_) | Err(NoText::NoUtf8)), "{token} {text:?}");
            }
        }
    }

    #[test]
    fn names_lead_back() {
        for tokenizer in Tokenizer::ALL {
            assert_eq!(Tokenizer::from_name(tokenizer.name()), Some(*tokenizer));
        }
        assert_eq!(Tokenizer::from_name("bert"), None);
    }
}
