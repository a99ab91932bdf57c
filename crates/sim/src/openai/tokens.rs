//! Prompts that may be text or numbers of tokens: one or a list of them. In: a field. Out: prompts.
//! Never here: what is done with them; a token that is a number means nothing here.

use crate::count::Meter;
use crate::refused::Refused;
use serde_json::Value;

/// One prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    Text(String),
    Tokens(Vec<u64>),
}

impl Prompt {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Tokens(tokens) => tokens.is_empty(),
        }
    }

    pub(super) fn count(&self, meter: &mut Meter) {
        match self {
            Self::Text(text) => meter.text(text),
            Self::Tokens(tokens) => meter.ids(tokens.len() as u64),
        }
    }

    /// The text, or for numbers what they look like.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Tokens(tokens) => format!("{tokens:?}"),
        }
    }
}

/// A string, a list of strings, a list of numbers, or a list of such lists.
pub(super) fn prompts(field: &str, value: &Value) -> Result<Vec<Prompt>, Refused> {
    let wrong = || {
        let message = format!(
            "'$.{field}' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
        );
        Refused::bad(message).param(field)
    };
    let list = match value {
        Value::String(text) => return Ok(vec![Prompt::Text(text.clone())]),
        Value::Array(list) => list,
        _ => return Err(wrong()),
    };
    if list.first().is_some_and(Value::is_number) {
        return Ok(vec![ids(list).ok_or_else(wrong)?]);
    }
    let numbers = list.first().is_some_and(Value::is_array);
    let one = |item: &Value| match item {
        Value::String(text) if !numbers => Ok(Prompt::Text(text.clone())),
        Value::Array(inner) if numbers => ids(inner).ok_or_else(wrong),
        _ => Err(wrong()),
    };
    list.iter().map(one).collect()
}

fn ids(list: &[Value]) -> Option<Prompt> {
    list.iter().map(Value::as_u64).collect::<Option<Vec<_>>>().map(Prompt::Tokens)
}

#[cfg(test)]
mod tests {
    use super::{Prompt, prompts};
    use serde_json::json;

    #[test]
    fn prompts_are_text_or_numbers_and_never_both() {
        let text = |text: &str| Prompt::Text(text.to_owned());
        for (value, expect) in [
            (json!("a"), vec![text("a")]),
            (json!(["a", "b"]), vec![text("a"), text("b")]),
            (json!([1, 2]), vec![Prompt::Tokens(vec![1, 2])]),
            (json!([[1], [2, 3]]), vec![Prompt::Tokens(vec![1]), Prompt::Tokens(vec![2, 3])]),
            (json!([]), vec![]),
        ] {
            assert_eq!(prompts("input", &value).unwrap(), expect);
        }
        for bad in [json!(1), json!(null), json!(["a", 1]), json!([1, "a"]), json!([[1], "a"]), json!([-1])] {
            assert!(prompts("input", &bad).is_err(), "{bad}");
        }
    }
}
