//! A list of models in the order in which a caller wants them (`models`), taken out of a request (R-ROUTE-7). In: a body. Out: the
//! names, and the body without the list, with its first name where the body names no model. Never here: which models there are.

use crate::json::{Members, push_string};
use crate::splice::Edits;
use bytes::Bytes;
use canon::Fault;

/// A caller names so many models at most.
const MODELS_MAX: usize = 10;
/// The field.
const FIELD: &str = "models";

/// Takes the list out; `None` where the body has none.
///
/// # Errors
/// A fault that names what is no list of names, or which name is none.
pub fn take_models(body: &Bytes) -> Result<Option<(Vec<String>, Bytes)>, Fault> {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let Ok(mut members) = Members::new(body, start, 0) else { return Ok(None) };
    let (mut lists, mut own) = (Vec::new(), None);
    // What is no JSON is refused by whoever reads the body.
    while let Ok(Some(member)) = members.next() {
        match &*member.name(body) {
            b"models" => lists.push(member),
            b"model" => own = Some(member),
            _ => {}
        }
    }
    let [list] = lists.as_slice() else {
        return if lists.is_empty() {
            Ok(None)
        } else {
            Err(Fault::invalid(FIELD, "`models` stands there twice."))
        };
    };
    let names = names(list.text(body))?;
    let mut edits = Edits::default();
    let mut first = Vec::new();
    if let Some(name) = names.first() {
        push_string(&mut first, name);
    }
    match own {
        None if !names.is_empty() => {
            edits.replace((list.start(), list.end()), [&b"\"model\":"[..], &first].concat());
        }
        Some(model) if model.text(body) == b"null" && !names.is_empty() => {
            edits.replace(model.value, first);
            edits.remove(body, &mut lists);
        }
        _ => edits.remove(body, &mut lists),
    }
    Ok(Some((names, Bytes::from(edits.apply(body)))))
}

/// The names of a list. An empty list and null name nobody.
fn names(text: &[u8]) -> Result<Vec<String>, Fault> {
    let expected = || Fault::invalid(FIELD, "`models` must be a list of model ids.");
    let values: Option<Vec<serde_json::Value>> = serde_json::from_slice(text).map_err(|_| expected())?;
    let values = values.unwrap_or_default();
    if values.len() > MODELS_MAX {
        return Err(Fault::invalid(FIELD, format!("`models` must name at most {MODELS_MAX} models.")));
    }
    let name = |(n, value): (usize, serde_json::Value)| match value {
        serde_json::Value::String(name) if !name.is_empty() => Ok(name),
        _ => {
            let field = format!("models[{n}]");
            Err(Fault::invalid(field.clone(), format!("`{field}` must be the id of a model.")))
        }
    };
    values.into_iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ROUTE-7: the list goes, every other byte stays; its first name serves where no model is named.
    #[test]
    fn r_route_7_a_list_of_models_is_taken_out() {
        for (body, names, left) in [
            (r#"{"model":"a","models":["b","c"],"n":1e400}"#, &["b", "c"][..], r#"{"model":"a","n":1e400}"#),
            (r#"{"models":["b"],"model":"a"}"#, &["b"], r#"{"model":"a"}"#),
            (r#"{"models":["b","c"],"x":1}"#, &["b", "c"], r#"{"model":"b","x":1}"#),
            (r#"{"model":null,"models":["b"]}"#, &["b"], r#"{"model":"b"}"#),
            (r#"{"model":"a","models":[]}"#, &[], r#"{"model":"a"}"#),
            (r#"{"model":"a","models":null}"#, &[], r#"{"model":"a"}"#),
        ] {
            let (found, rest) = take_models(&Bytes::from(body)).unwrap().unwrap();
            assert_eq!(
                (found, &*rest),
                (names.iter().map(|n| (*n).to_owned()).collect(), left.as_bytes()),
                "{body}"
            );
        }
        for none in [r#"{"model":"a"}"#, "[1]", r#"{"a":{"models":[1]}}"#, r#"{"models":"#] {
            assert_eq!(take_models(&Bytes::from(none)).unwrap(), None, "{none}");
        }
    }

    #[test]
    fn what_is_no_list_of_names_is_named() {
        let many = format!(r#"{{"models":[{}]}}"#, ["\"m\""; 11].join(","));
        for (body, field) in [
            (r#"{"models":"b"}"#, "models"),
            (r#"{"models":["a",1]}"#, "models[1]"),
            (r#"{"models":[""]}"#, "models[0]"),
            (r#"{"models":[],"models":[]}"#, "models"),
            (many.as_str(), "models"),
        ] {
            let fault = take_models(&Bytes::copy_from_slice(body.as_bytes())).unwrap_err();
            assert_eq!(fault.param.as_deref(), Some(field), "{body}");
        }
    }
}
