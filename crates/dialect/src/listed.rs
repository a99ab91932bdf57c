//! A provider's list of its models, as its own language tells it. In: an answer. Out: the names by which they are called. Never here:
//! asking, which of them are sold.

use canon::Dialect;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// Longest name that is taken for one, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// Where a list is asked for, below the provider's address: as long a page as its language gives.
pub const fn listed_path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Anthropic => "/models?limit=1000",
        Dialect::Gemini => "/models?pageSize=1000",
        _ => "/models",
    }
}

/// The names in an answer, in its order, each once. What could be no name of a model is passed over. `None` where it is no list in this
/// language.
pub fn listed_models(dialect: Dialect, body: &[u8]) -> Option<Vec<String>> {
    let told: Told<'_> = object(serde_json::from_slice(body).ok()?)?;
    let list = if dialect == Dialect::Gemini { told.models } else { told.data };
    let mut names: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for entry in serde_json::from_str::<Vec<&RawValue>>(list?.get()).ok()? {
        let Some(entry) = object::<Entry<'_>>(entry) else { continue };
        let name = if dialect == Dialect::Gemini { entry.name } else { entry.id };
        let Some(name) = name.and_then(|name| serde_json::from_str::<String>(name.get()).ok()) else { continue };
        let name = if dialect == Dialect::Gemini { bare(&name) } else { &name };
        let fits = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.contains(char::is_control);
        if fits && seen.insert(name.to_owned()) {
            names.push(name.to_owned());
        }
    }
    Some(names)
}

/// The list, not read yet: what is no name of a model takes no memory but its place.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    models: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
}

/// Reads fields by their names: without the look at the bracket, serde would take an array for them, by their places.
fn object<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    value.get().starts_with('{').then(|| serde_json::from_str(value.get()).ok())?
}

/// Gemini's list names each with the place where it stands.
fn bare(text: &str) -> &str {
    text.strip_prefix("models/").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-OPS-4: each language's list is read by its own names; what is no name is passed over.
    #[test]
    fn r_ops_4_a_list_of_models_is_read() {
        for (dialect, body, names) in [
            (
                Dialect::OpenAiChat,
                r#"{"object":"list","data":[{"id":"a"},{"id":"b"},{"id":"a"}]}"#,
                &["a", "b"][..],
            ),
            (Dialect::OpenAiResponses, r#"{"data":[]}"#, &[]),
            (Dialect::Anthropic, r#"{"data":[{"type":"model","id":"c","display_name":"C"}]}"#, &["c"]),
            (Dialect::Gemini, r#"{"models":[{"name":"models/d"},{"name":"e"}]}"#, &["d", "e"]),
            (
                Dialect::OpenAiChat,
                r#"{"data":[1,null,["f","g"],{},{"id":7},{"id":""},{"id":"a\nb"},{"id":"<b>"}]}"#,
                &["<b>"],
            ),
        ] {
            assert_eq!(listed_models(dialect, body.as_bytes()).unwrap(), names, "{body}");
        }
        let long = format!(r#"{{"data":[{{"id":"{}"}}]}}"#, "x".repeat(NAME_BYTES_MAX + 1));
        assert_eq!(listed_models(Dialect::OpenAiChat, long.as_bytes()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_list_is_none() {
        let html = "<!doctype html><title>Welcome</title>";
        for body in
            ["", "[]", "{}", "null", html, r#"{"data":{}}"#, r#"{"data":[{"id":"a"}"#, r#"[[{"id":"a"}],[]]"#]
        {
            assert_eq!(listed_models(Dialect::Anthropic, body.as_bytes()), None, "{body}");
        }
        assert_eq!(listed_models(Dialect::Gemini, br#"{"data":[{"id":"a"}]}"#), None);
        assert_eq!(listed_models(Dialect::OpenAiChat, br#"{"models":[{"name":"a"}]}"#), None);
    }
}
