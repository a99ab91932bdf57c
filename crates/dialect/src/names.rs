//! Names of tools and ids of calls that a server would not take, mapped to ones it takes. In: the client's names. Out: the
//! server's, and the way back for one request. Never here: chance; the same name gives the same name every turn, or prompt
//! caches break.

use canon::ClientTool;
use std::collections::HashMap;

/// Names that were changed for one request, by the name the server knows; and what the client knows as more than a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames {
    back: HashMap<String, String>,
    tools: Vec<ClientTool>,
}

impl ToolNames {
    /// The client's name of a tool that the server names.
    pub fn client_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.back.get(name).map_or(name, String::as_str)
    }

    /// Takes note of what the client knows as more than a function.
    pub(crate) fn know(&mut self, tools: &[ClientTool]) {
        self.tools.extend_from_slice(tools);
    }

    /// What the client knows the tool as, by the name that `client_name` gives; `None` for a plain function.
    pub(crate) fn client_tool(&self, flat: &str) -> Option<&ClientTool> {
        self.tools.iter().find(|tool| tool.flat == flat)
    }

    /// The name for a server that takes `[a-zA-Z0-9_-]` up to `len_max`; remembers the way back.
    pub(crate) fn wire_name(&mut self, name: &str, len_max: usize) -> String {
        let wire = fit(name, len_max);
        if wire != name {
            self.back.insert(wire.clone(), name.to_owned());
        }
        wire
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// The text itself if it fits, else its legal characters with a hash of the whole: `a.b` and `a_b` stay apart.
fn fit(text: &str, len_max: usize) -> String {
    if is_plain(text) && text.len() <= len_max {
        return text.to_owned();
    }
    let hash = format!("_{:08x}", hash(text) & 0xffff_ffff);
    let room = len_max.saturating_sub(hash.len());
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut out: String = text.chars().map(|c| if legal(c) { c } else { '_' }).take(room).collect();
    out.push_str(&hash);
    out
}

/// An id of a call for a server that takes `[a-zA-Z0-9_-]+`. The call and its result map alike.
pub(crate) fn wire_id(id: &str) -> String {
    if is_plain(id) { id.to_owned() } else { fit(id, 64) }
}

/// FNV-1a, 64 bits: small, and the same everywhere and always.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pitfall 35: foreign ids are mapped the same way every time and never collide.
    #[test]
    fn pitfall_35_foreign_ids_are_mapped() {
        let mapped = wire_id("functions.Bash:0");
        assert!(is_plain(&mapped), "{mapped}");
        assert_eq!(mapped, wire_id("functions.Bash:0"));
        assert_ne!(wire_id("a.b"), wire_id("a_b"));
        assert_ne!(wire_id("a.b"), wire_id("a:b"));
        assert_eq!(wire_id("call_1"), "call_1");
        assert!(is_plain(&wire_id("")));
    }

    #[test]
    fn long_names_are_shortened_and_found_again() {
        let mut names = ToolNames::default();
        let long = format!("mcp__{}__tool", "server".repeat(20));
        let wire = names.wire_name(&long, 64);
        assert_eq!(wire.len(), 64);
        assert_eq!(names.client_name(&wire), long);
        assert_eq!(names.wire_name("short", 64), "short");
        assert_eq!(names.client_name("short"), "short");
    }
}
