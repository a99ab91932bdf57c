//! The document of the management API, as it is checked in. Never here: whether answers hold to it (tests/process).

use super::*;
use crate::api::document::document;
use serde_json::Value;

/// Everything in a document, with where it is.
fn walk<'a>(value: &'a Value, at: &str, see: &mut dyn FnMut(&str, &'a Value)) {
    see(at, value);
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| walk(field, &format!("{at}/{name}"), see)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| walk(item, &format!("{at}/{n}"), see));
        }
        _ => {}
    }
}

/// R-ACC-1: the document is checked in.
#[test]
#[expect(clippy::disallowed_methods, reason = "`cargo xtask docs` says by it that documents are to be written")]
fn r_acc_1_the_document_of_the_api_is_checked_in() {
    let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi-manage.json");
    if std::env::var_os("TOLLGATE_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap_or_default() == text, "run `cargo xtask docs`");
}

/// R-ACC-1: every row of the table is told, with all that its path names, and everything that is referred to is there.
#[test]
fn r_acc_1_the_document_is_whole() {
    let document = document();
    let mut operations = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for (method, told) in verbs.as_object().unwrap() {
            let name = told["operationId"].as_str().unwrap();
            let row = ROWS.iter().find(|row| row.name == name).unwrap();
            assert_eq!((row.path, row.method.as_str().to_ascii_lowercase()), (path.as_str(), method.clone()));
            let parameters = told["parameters"].as_array().map_or(&[][..], |all| all);
            let of = |place: &str| parameters.iter().filter(|p| p["in"] == place).count();
            assert_eq!(of("path"), path.matches('{').count(), "{name}");
            for parameter in parameters.iter().filter(|p| p["in"] == "path") {
                assert!(path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap())), "{name}");
                assert_eq!(parameter["required"], true, "{name}");
            }
            assert_eq!(of("header"), usize::from(row.once), "{name}");
            assert_eq!(told["requestBody"].is_null(), row.body().is_none(), "{name}");
            assert!(told["responses"][row.status.to_string()]["content"].is_object(), "{name}");
            operations.push(name);
        }
    }
    assert_eq!(operations.len(), ROWS.len());
    walk(&document, "#", &mut |at, value| {
        if let Some(to) = value.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{at} refers to {to}");
        }
        // What nobody can read is told in words.
        if at.starts_with("#/components/schemas/") && at.matches('/').count() == 3 {
            assert!(value["description"].is_string(), "{at}");
        }
    });
    // What is read and what is written have names of their own: none took the place of another.
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.keys().all(|name| !name.ends_with(|c: char| c.is_ascii_digit())), "{:?}", schemas.keys());
}

/// R-ACC-1: the document is there for everybody.
#[tokio::test]
async fn r_acc_1_the_document_is_served() {
    let town = Town::open("document").await;
    let response = town.send(&Method::GET, "/api/manage/openapi.json", &[]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(serde_json::from_str::<Value>(&text_of(response).await).unwrap(), document());
}
