//! Texts as tokens. In: a text. Out: how many tokens it has in a vocabulary. Each vocabulary is made at its first use (5 ms and
//! some 5 MB), never before. Never here: what stands around a text.

use crate::merge;
use crate::pieces::{self, Pieces};
use crate::table::Table;
use std::sync::LazyLock;

static O200K: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::new(include_bytes!(concat!(env!("OUT_DIR"), "/o200k")), pieces::O200K));
static CL100K: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::new(include_bytes!(concat!(env!("OUT_DIR"), "/cl100k")), pieces::CL100K));

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
        match self {
            _ if text.is_empty() => 0,
            Self::O200k => O200K.count(text),
            Self::Cl100k => CL100K.count(text),
            Self::Unknown => {
                let known = O200K.count(text);
                known.saturating_add(known.div_ceil(5))
            }
        }
    }

    /// The text of these tokens, if it has so many bytes at most.
    ///
    /// # Errors
    /// `NoText` says why there is none.
    pub fn text(self, tokens: &[u32], bytes_max: usize) -> Result<String, NoText> {
        match self {
            Self::O200k => O200K.text(tokens, bytes_max),
            Self::Cl100k => CL100K.text(tokens, bytes_max),
            Self::Unknown => Err(NoText::Unknown),
        }
    }
}

/// A public vocabulary.
struct Vocabulary {
    table: Table,
    pieces: Pieces,
}

impl Vocabulary {
    fn new(file: &'static [u8], pattern: &str) -> Self {
        Self { table: Table::new(file), pieces: Pieces::new(pattern) }
    }

    fn count(&self, text: &str) -> u64 {
        let mut tokens = 0;
        self.pieces.each(text, |piece| tokens += merge::count(&self.table, piece.as_bytes()));
        tokens as u64
    }

    /// Numbers beyond the table are no tokens of a text: those of special tokens are.
    fn text(&self, tokens: &[u32], bytes_max: usize) -> Result<String, NoText> {
        let mut text = Vec::new();
        for (n, token) in tokens.iter().enumerate() {
            let bytes = self.table.bytes(*token).ok_or(NoText::NoToken(n))?;
            if text.len() + bytes.len() > bytes_max {
                return Err(NoText::TooLong);
            }
            text.extend_from_slice(bytes);
        }
        String::from_utf8(text).map_err(|_| NoText::NoUtf8)
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

#[cfg(test)]
mod tests;
