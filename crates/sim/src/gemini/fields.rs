//! Reads JSON as this server's parser does: names in camelCase or snake_case, unknown ones refused.
//! In: a value and the names it may have. Out: its fields, or the 400 the real server gives.
//! Never here: what a field means.

use crate::refused::Refused;
use serde_json::Value;

/// The fields of one message of the wire, by their camelCase names.
pub(super) struct Fields<'a> {
    /// Where it stands, in snake_case; empty for the whole body.
    pub(super) at: String,
    members: Vec<(String, &'a Value)>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(at: impl Into<String>, value: &'a Value, names: &[&str]) -> Result<Self, Refused> {
        let at = at.into();
        let Value::Object(object) = value else {
            return Err(invalid(&at, "an object", value));
        };
        let mut members = Vec::new();
        for (key, value) in object {
            let name = camel(key);
            if !names.contains(&name.as_str()) {
                return Err(unknown(&at, key));
            }
            // A field that is null is as good as absent.
            if !value.is_null() {
                members.push((name, value));
            }
        }
        Ok(Self { at, members })
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| *value)
    }

    /// The place of a field.
    pub(super) fn place(&self, name: &str) -> String {
        if self.at.is_empty() { snake(name) } else { format!("{}.{}", self.at, snake(name)) }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Refused> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(invalid(&self.place(name), "TYPE_STRING", other)),
        }
    }

    pub(super) fn list(&self, name: &str) -> Result<&'a [Value], Refused> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(other) => Err(invalid(&self.place(name), "a list", other)),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Refused> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(invalid(&self.place(name), "TYPE_BOOL", other)),
        }
    }

    /// A whole number; this parser takes them as text too.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Refused> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        number.map(Some).ok_or_else(|| invalid(&self.place(name), "TYPE_INT32", value))
    }
}

/// The 400 for a name that is not known.
pub(super) fn unknown(at: &str, key: &str) -> Refused {
    let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
    Refused::bad(format!("Invalid JSON payload received. Unknown name \"{key}\"{place}: Cannot find field."))
        .param(at)
}

/// The 400 for a value of the wrong type.
pub(super) fn invalid(at: &str, wanted: &str, value: &Value) -> Refused {
    Refused::bad(format!("Invalid value at '{at}' ({wanted}), {value}")).param(at)
}

/// The 400 for a value that breaks a rule.
pub(super) fn wrong(at: &str, why: &str) -> Refused {
    Refused::bad(format!("* GenerateContentRequest.{at}: {why}\n"))
}

fn camel(name: &str) -> String {
    let mut out = String::new();
    for word in name.split('_') {
        match word.chars().next() {
            Some(first) if !out.is_empty() => {
                out.extend(first.to_uppercase());
                out.push_str(&word[first.len_utf8()..]);
            }
            _ => out.push_str(word),
        }
    }
    out
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Fields, camel, snake};
    use serde_json::json;

    #[test]
    fn both_spellings_of_a_name_are_one() {
        assert_eq!(camel("function_calling_config"), "functionCallingConfig");
        assert_eq!(camel("topP"), "topP");
        assert_eq!(snake("topP"), "top_p");
        let value = json!({"top_p": 1, "topK": null});
        let fields = Fields::of("generation_config", &value, &["topP", "topK"]).unwrap();
        assert!(fields.get("topP").is_some() && fields.get("topK").is_none());
        let refused = Fields::of("tools[0]", &json!({"$schema": 1}), &[]).err().unwrap();
        assert_eq!(
            refused.message,
            "Invalid JSON payload received. Unknown name \"$schema\" at 'tools[0]': Cannot find field."
        );
    }
}
