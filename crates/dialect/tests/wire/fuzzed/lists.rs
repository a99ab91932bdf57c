//! Any list of a provider's models, held to a slow and simple reader. Never here: asking for it, what is sold of it.

use canon::Dialect;
use dialect::listed_models;
use serde_json::Value;

/// Longer texts are no names.
const NAME_BYTES_MAX: usize = 200;

/// What is told of a list is names, each once, as they stand in it; of any value, just what the slow reader tells.
pub fn any(bytes: &[u8]) {
    let read = serde_json::from_slice::<Value>(bytes).ok();
    for dialect in Dialect::ALL.iter().copied() {
        if let Some(names) = listed_models(dialect, bytes) {
            well_formed(&names);
            let mut strings = strings(bytes).into_iter().map(|text| bare(dialect, text));
            assert!(
                names.iter().all(|name| strings.any(|text| text == *name)),
                "not in the order of the text: {names:?}"
            );
        }
        // Written anew, no name of a field comes twice: the fast reader takes no such list, or passes such an entry over.
        if let Some(value) = &read {
            assert_eq!(
                listed_models(dialect, value.to_string().as_bytes()),
                slowly(dialect, value),
                "{dialect:?}: {value}"
            );
        }
    }
}

fn well_formed(names: &[String]) {
    for (at, name) in names.iter().enumerate() {
        assert!(fits(name), "{name:?} is no name");
        assert!(!names[..at].contains(name), "{name:?} comes twice");
    }
}

fn fits(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
}

/// The names of a value, where it is a list in this language.
fn slowly(dialect: Dialect, value: &Value) -> Option<Vec<String>> {
    let (list, field) = if dialect == Dialect::Gemini { ("models", "name") } else { ("data", "id") };
    let mut names = Vec::new();
    for entry in value.as_object()?.get(list)?.as_array()? {
        let Some(name) = entry.get(field).and_then(Value::as_str) else { continue };
        let name = bare(dialect, name.to_owned());
        if fits(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    Some(names)
}

/// Gemini's lists name each model with the place where it stands.
fn bare(dialect: Dialect, text: String) -> String {
    match text.strip_prefix("models/") {
        Some(name) if dialect == Dialect::Gemini => name.to_owned(),
        _ => text,
    }
}

/// Every string of a JSON text, in its order, names of fields too. One that holds half a pair of surrogates is no text.
fn strings(json: &[u8]) -> Vec<String> {
    let (mut out, mut rest) = (Vec::new(), json);
    while let Some(from) = rest.iter().position(|byte| *byte == b'"') {
        rest = &rest[from..];
        let mut end = 1;
        while rest.get(end).is_some_and(|byte| *byte != b'"') {
            end += if rest[end] == b'\\' { 2 } else { 1 };
        }
        let Some(text) = rest.get(..=end) else { break };
        out.extend(serde_json::from_slice::<String>(text).ok());
        rest = &rest[end + 1..];
    }
    out
}
