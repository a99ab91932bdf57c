//! Embeddings: texts in, vectors out. In: requests of OpenAI's dialect, answers of OpenAI-kind and Gemini servers. Out: what
//! a server of the other kind gets; answers in OpenAI's dialect. Never here: a conversation, a tokenizer.

pub(crate) mod gemini;
pub(crate) mod input;
pub(crate) mod vector;

pub use input::{EmbeddingInputs, embedding_inputs};

use crate::convert::Encoded;
use crate::lane::{StreamFault, StreamSpec};
use crate::straight::{StraightAnswer, read_embeddings};
use crate::target::Target;
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind};
use units::Usage;

/// What vectors a client awaits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vectors {
    /// How many: one for each input.
    pub count: u32,
    /// Whether as base64 of 32-bit floats, little end first, instead of as numbers.
    pub base64: bool,
}

/// The body for a server that speaks another dialect than the client. A server that speaks the client's gets what
/// `straight::prepare` makes.
///
/// # Errors
/// A fault that names what cannot be said in the server's dialect.
pub fn encode_embeddings(body: &Bytes, target: &Target) -> Result<Encoded, Fault> {
    match target.dialect {
        Dialect::GeminiEmbeddings => gemini::encode(body, target),
        _ => Err(Fault::new(FaultKind::Internal, "This dialect has no embeddings.")),
    }
}

/// Reads an answer that is valid UTF-8.
pub(crate) fn read(spec: &StreamSpec, body: &Bytes) -> Result<StraightAnswer, StreamFault> {
    match spec.upstream {
        Dialect::GeminiEmbeddings => gemini::read(spec, body),
        _ => read_embeddings(spec, body),
    }
}

/// The `usage` object for a client: vectors have no tokens.
pub(crate) fn write_usage(usage: &Usage, out: &mut Vec<u8>) {
    let prompt = usage.prompt_total();
    out.extend_from_slice(format!("{{\"prompt_tokens\":{prompt},\"total_tokens\":{prompt}}}").as_bytes());
}
