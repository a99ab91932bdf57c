//! The wire languages. In: nothing. Out: a name for each. Never here: what a language looks like (crate dialect).

/// A wire language that a client or an upstream speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    /// OpenAI Chat Completions.
    OpenAiChat,
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI Responses.
    OpenAiResponses,
    /// Gemini generateContent.
    Gemini,
    /// OpenAI's legacy Completions: clients speak it, no upstream does.
    Completions,
    /// OpenAI Embeddings: texts in, vectors out.
    Embeddings,
    /// Gemini batchEmbedContents: upstreams speak it, no client does.
    GeminiEmbeddings,
    /// OpenAI Images, new ones: words in, pictures out.
    Images,
    /// OpenAI Images, changed ones: words and pictures in, pictures out.
    ImageEdits,
    /// Gemini generateContent of models that answer with pictures: upstreams speak it, no client does.
    GeminiImages,
}

impl Dialect {
    /// Every dialect of conversations that clients and upstreams speak.
    pub const ALL: &[Self] = &[Self::OpenAiChat, Self::Anthropic, Self::OpenAiResponses, Self::Gemini];
    /// Every dialect of conversations that a client may speak.
    pub const CLIENTS: &[Self] =
        &[Self::OpenAiChat, Self::Anthropic, Self::OpenAiResponses, Self::Gemini, Self::Completions];
    /// What is no conversation.
    const OTHERS: &[Self] =
        &[Self::Embeddings, Self::GeminiEmbeddings, Self::Images, Self::ImageEdits, Self::GeminiImages];

    /// The name in settings, logs and corpus folders.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai_chat",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::OpenAiResponses => "openai_responses",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::GeminiEmbeddings => "gemini_embeddings",
            Self::Images => "images",
            Self::ImageEdits => "image_edits",
            Self::GeminiImages => "gemini_images",
        }
    }

    /// The dialect of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::CLIENTS.iter().chain(Self::OTHERS).copied().find(|d| d.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_speak_what_upstreams_speak_and_completions() {
        let mut expect = Dialect::ALL.to_vec();
        expect.push(Dialect::Completions);
        assert_eq!(Dialect::CLIENTS, expect);
        for dialect in Dialect::CLIENTS.iter().chain(Dialect::OTHERS) {
            assert_eq!(Dialect::from_name(dialect.name()), Some(*dialect));
        }
        assert_eq!(Dialect::from_name("unheard_of"), None);
    }
}
