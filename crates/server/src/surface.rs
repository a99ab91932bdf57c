//! Base paths and how each speaks. In: nothing yet but the defaults (R-API-1). Out: a table of surfaces.
//! Never here: handling requests.

use dialect::fault::Style;

/// A base path with its ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surface {
    /// The base path (`/v1`).
    pub base: &'static str,
    /// How errors look on everything but Messages, which is always Anthropic's.
    pub style: Style,
    /// What ids of chat completions start with.
    pub chat_id_prefix: &'static str,
    /// In whose shape model lists are unasked.
    pub lists: Shape,
}

/// In whose shape a list of models is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// OpenAI's.
    OpenAi,
    /// Anthropic's.
    Anthropic,
    /// Gemini's.
    Gemini,
}

/// Where no surface is: probes, unknown paths, what is no request.
pub static NOWHERE: Surface = plain("");
/// The management API. Its base path counts alone: it calls no model, and its problems have one style.
pub static MANAGED: Surface = plain("/api/manage");

const fn plain(base: &'static str) -> Surface {
    Surface { base, style: Style::OpenAi, chat_id_prefix: "chatcmpl-", lists: Shape::OpenAi }
}

/// The surfaces out of the box (R-API-1).
pub fn defaults() -> Vec<Surface> {
    let surface = |base, style, lists| Surface { base, style, chat_id_prefix: "chatcmpl-", lists };
    vec![
        surface("/v1", Style::OpenAi, Shape::OpenAi),
        surface("/api/v1", Style::Coded, Shape::OpenAi),
        surface("/anthropic/v1", Style::Anthropic, Shape::Anthropic),
        surface("/v1beta", Style::Gemini, Shape::Gemini),
    ]
}
