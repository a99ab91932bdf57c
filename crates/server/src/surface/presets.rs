//! Whole products in one word (R-API-1): base paths and ways of public gateways, as their own documents tell them. In: a word.
//! Out: surfaces, the prefix of keys. Never here: a setting's text.

use super::{Families, Models, Surface, plain};
use dialect::fault::Style;
use std::borrow::Cow;

/// A word that sets surfaces and the prefix of keys.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// The word.
    pub word: &'static str,
    /// What new keys start with.
    pub key_prefix: &'static str,
    /// Its surfaces by the names under which settings change them; the first is the one that others start from.
    pub named: fn() -> Vec<(&'static str, Surface)>,
}

impl Preset {
    /// The preset of a word.
    pub fn named(word: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.word == word)
    }

    /// Its surfaces.
    pub fn surfaces(&self) -> Vec<Surface> {
        (self.named)().into_iter().map(|(_, surface)| surface).collect()
    }
}

/// What new keys start with where nothing is said.
const KEY_PREFIX: &str = "sk-tg-";

/// Every preset; the first holds where nothing is said.
pub const PRESETS: &[Preset] = &[
    Preset { word: "default", key_prefix: KEY_PREFIX, named: house },
    // An alias gateway: errors with the status as a number, and no status that its clients do not know.
    Preset { word: "000", key_prefix: "ez-", named: numeric },
    // A gateway of many formats.
    Preset { word: "001", key_prefix: "sk-", named: formats },
    // A gateway of workspaces: errors are one sentence, streams always tell their usage.
    Preset { word: "002", key_prefix: "zk_live_", named: detail },
    // Two surfaces, one of which always streams; one list of models for all.
    Preset { word: "003", key_prefix: "sk-", named: router },
    // A platform of credits: errors have a stable code.
    Preset { word: "004", key_prefix: "sk_live_", named: coded },
    // Only what is declared.
    Preset { word: "none", key_prefix: KEY_PREFIX, named: Vec::new },
];

/// The surfaces out of the box.
pub fn defaults() -> Vec<Surface> {
    house().into_iter().map(|(_, surface)| surface).collect()
}

/// The families of a gateway for OpenAI's clients.
const OPENAI: Families = Families { openai: true, account: true, ..Families::NONE };

fn with_ids(prefix: &'static str, surface: Surface) -> Surface {
    Surface { chat_id_prefix: Cow::Borrowed(prefix), ..surface }
}

fn house() -> Vec<(&'static str, Surface)> {
    vec![
        ("v1", plain("/v1", Families::ALL, Style::OpenAi)),
        ("api", plain("/api/v1", Families::ALL, Style::Coded)),
        ("anthropic", plain("/anthropic/v1", Families::ALL, Style::Anthropic)),
        ("gemini", plain("/v1beta", Families::ALL, Style::Gemini)),
    ]
}

fn numeric() -> Vec<(&'static str, Surface)> {
    let fold = Cow::Borrowed(&[(503, 502), (529, 502)][..]);
    vec![("api", Surface { fold, ..with_ids("chatcmpl_", plain("/api/v1", OPENAI, Style::Numeric)) })]
}

fn formats() -> Vec<(&'static str, Surface)> {
    let families = Families { anthropic: true, ..OPENAI };
    vec![("v1", with_ids("req_", plain("/v1", families, Style::OpenAi)))]
}

fn detail() -> Vec<(&'static str, Surface)> {
    vec![("v1", Surface { always_usage: true, ..with_ids("cmpl_", plain("/v1", OPENAI, Style::Detail)) })]
}

fn router() -> Vec<(&'static str, Surface)> {
    let ways = |surface| Surface { models: Models::Catalogue, ..surface };
    let families = Families { anthropic: true, account: true, ..Families::NONE };
    vec![
        ("v1", Surface { always_stream: true, always_usage: true, ..ways(plain("/v1", OPENAI, Style::Router)) }),
        ("anthropic", ways(plain("/anthropic/v1", families, Style::Anthropic))),
    ]
}

fn coded() -> Vec<(&'static str, Surface)> {
    vec![("api", plain("/api/v1", OPENAI, Style::Coded))]
}
