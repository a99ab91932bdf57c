//! What a request asks for beyond tokens at the ordinary rate, found while the look passes over it anyway. In: top-level
//! fields, the types of tools. Out: what is asked for, and by which field. Never here: who may have it, what it costs.
//! Whatever is not known to be harmless counts: a new tool of a provider is refused before it is given away.

use super::fields::Field;
use crate::json::{Watch, string_value, unescape};
use std::ops::Range;
use units::Surcharge;

/// One thing that is asked for beyond tokens at the ordinary rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// What it is.
    pub what: Surcharge,
    /// The field that asks for it.
    pub field: String,
    /// Whether a server of another dialect is simply not asked for it: the converting lane drops the field. What it cannot
    /// drop it refuses.
    pub drops: bool,
}

/// Types of tools that the caller runs, whole or as beginnings that a date follows. A search among the tools themselves is
/// run by the provider and costs its tokens alone.
const OWN: [&str; 6] = ["function", "custom", "namespace", "local_shell", "apply_patch", "tool_search"];
const OWN_DATED: [&str; 5] = ["bash_", "text_editor_", "computer_", "memory_", "tool_search_tool_"];

/// What a top-level field asks for.
pub(super) fn of(field: Field, value: &[u8]) -> Option<Beyond> {
    let (what, drops) = match field {
        Field::ServiceTier => (Surcharge::ServiceTier, true),
        Field::Speed => (Surcharge::Speed, true),
        Field::InferenceGeo => (Surcharge::Region, true),
        Field::WebSearchOptions => (Surcharge::WebSearch, false),
        Field::SearchParameters | Field::EnableSearch => (Surcharge::WebSearch, true),
        Field::Container => (Surcharge::CodeExecution, false),
        Field::McpServers => (Surcharge::ToolServers, false),
        Field::Plugins => (Surcharge::ServerTools, true),
        Field::Modalities | Field::Audio => (Surcharge::Modalities, false),
        Field::Models | Field::Provider => (Surcharge::Routing, true),
        _ => return None,
    };
    let asks = !is_nothing(value) && !is_ordinary(field, value);
    asks.then(|| Beyond { what, field: field.name().to_owned(), drops })
}

/// Null, false, and arrays without an element ask for nothing.
fn is_nothing(value: &[u8]) -> bool {
    let array = value.strip_prefix(b"[").and_then(|v| v.strip_suffix(b"]"));
    matches!(value, b"null" | b"false") || array.is_some_and(|inner| inner.trim_ascii().is_empty())
}

/// Whether the value is the ordinary one, which costs nothing more.
fn is_ordinary(field: Field, value: &[u8]) -> bool {
    let word = string_value(value);
    let is = |known: &[&str]| word.as_deref().is_some_and(|w| known.contains(&w));
    match field {
        Field::ServiceTier => is(&["auto", "default", "standard_only"]),
        Field::Speed => is(&["standard"]),
        Field::InferenceGeo => is(&["global"]),
        Field::Modalities => crate::read::elements(value)
            .is_some_and(|all| all.iter().all(|m| string_value(m).is_some_and(|m| m == "text"))),
        _ => false,
    }
}

/// Watches the array of tools: depth 1 is the array, 2 a tool, 4 a tool of a group.
#[derive(Debug, Default)]
pub(super) struct Offers {
    tools: usize,
    in_type: bool,
    in_group: bool,
    pub found: Vec<Beyond>,
}

impl Watch for Offers {
    #[inline]
    fn key(&mut self, depth: u32, key: &[u8]) {
        // Servers exist that match keys without regard to case.
        let is = |name: &[u8]| unescape(key).eq_ignore_ascii_case(name);
        match depth {
            2 => (self.in_type, self.in_group) = (is(b"type"), is(b"tools")),
            4 if self.in_group => self.in_type = is(b"type"),
            _ => {}
        }
    }

    #[inline]
    fn string(&mut self, depth: u32, text: &[u8], span: Range<usize>) {
        if self.in_type && (depth == 2 || (depth == 4 && self.in_group)) {
            self.tool(&text[span]);
        }
    }

    #[inline]
    fn open(&mut self, depth: u32, _object: bool, _at: usize) {
        if depth == 2 {
            self.tools += 1;
        }
    }
}

impl Offers {
    fn tool(&mut self, value: &[u8]) {
        let kind = string_value(value).unwrap_or_default();
        let has = |word: &str| kind.contains(word);
        let own_dated = || OWN_DATED.iter().any(|own| kind.starts_with(own)) && !has("computer_use");
        if OWN.contains(&&*kind) || own_dated() {
            return;
        }
        let what = match () {
            () if has("web_search") => Surcharge::WebSearch,
            () if has("web_fetch") => Surcharge::WebFetch,
            () if has("code_execution") || has("code_interpreter") || kind == "shell" => Surcharge::CodeExecution,
            () if has("mcp") => Surcharge::ToolServers,
            () => Surcharge::ServerTools,
        };
        // One of a kind is enough to name.
        if !self.found.iter().any(|b| b.what == what) {
            let field = format!("tools[{}].type", self.tools.saturating_sub(1));
            self.found.push(Beyond { what, field, drops: false });
        }
    }
}
