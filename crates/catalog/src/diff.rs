//! What a new set of documents would change. In: documents before and after. Out: one line an entry that changes.
//! Never here: credentials (their fingerprints are compared where they are sealed), applying anything.

use crate::doc::{CatalogueDoc, ModelDoc, ProviderDoc, TierDoc};
use std::collections::BTreeMap;

/// What happens to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It is new.
    Add,
    /// It is there and changes.
    Change,
    /// It goes.
    Remove,
}

/// One entry that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// What happens.
    pub edit: Edit,
    /// `tier`, `provider` or `model`.
    pub what: &'static str,
    /// Its name or id.
    pub name: String,
    /// The fields that change, as (`field`, before, after); empty for additions and removals.
    pub fields: Vec<(String, String, String)>,
}

/// Compares two sets of documents, entry by entry, field by field.
pub fn diff(before: &CatalogueDoc, after: &CatalogueDoc) -> Vec<DiffLine> {
    let strip = |p: &ProviderDoc| ProviderDoc { credentials: None, ..p.clone() };
    let providers = |docs: &CatalogueDoc| -> BTreeMap<String, serde_json::Value> {
        docs.provider.iter().map(|p| (p.name.clone(), value(&strip(p)))).collect()
    };
    let models = |docs: &CatalogueDoc| -> BTreeMap<String, serde_json::Value> {
        docs.model.iter().map(|m: &ModelDoc| (m.id.clone(), value(m))).collect()
    };
    let tiers = |docs: &CatalogueDoc| -> BTreeMap<String, serde_json::Value> {
        docs.tier.iter().map(|t: &TierDoc| (t.name.clone(), value(t))).collect()
    };
    let mut lines = entries("tier", &tiers(before), &tiers(after));
    lines.extend(entries("provider", &providers(before), &providers(after)));
    lines.extend(entries("model", &models(before), &models(after)));
    lines
}

fn value<T: serde::Serialize>(doc: &T) -> serde_json::Value {
    // Documents hold only text, numbers and maps with text keys: they always have a JSON form.
    serde_json::to_value(doc).unwrap_or(serde_json::Value::Null)
}

type Entries = BTreeMap<String, serde_json::Value>;

fn entries(what: &'static str, before: &Entries, after: &Entries) -> Vec<DiffLine> {
    let mut lines = Vec::new();
    for (name, new) in after {
        match before.get(name) {
            None => lines.push(DiffLine { edit: Edit::Add, what, name: name.clone(), fields: Vec::new() }),
            Some(old) if old != new => {
                let fields = fields(old, new);
                lines.push(DiffLine { edit: Edit::Change, what, name: name.clone(), fields });
            }
            Some(_) => {}
        }
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        lines.push(DiffLine { edit: Edit::Remove, what, name: name.clone(), fields: Vec::new() });
    }
    lines
}

fn fields(old: &serde_json::Value, new: &serde_json::Value) -> Vec<(String, String, String)> {
    let empty = serde_json::Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|k| !old.contains_key(*k))).collect();
    names.sort_unstable();
    let text = |v: Option<&serde_json::Value>| v.map_or_else(|| "-".to_owned(), ToString::to_string);
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| (name.clone(), text(old.get(name)), text(new.get(name))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs(json: &str) -> CatalogueDoc {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_diff_names_tiers_first() {
        let tier = |n: u8| format!(r#"{{"tier":[{{"name":"free","when":"free","concurrent":{n}}}],"model":[]}}"#);
        let lines = diff(&docs(&tier(1)), &docs(&tier(2)));
        let fields = vec![("concurrent".to_owned(), "1".to_owned(), "2".to_owned())];
        assert_eq!(lines, [DiffLine { edit: Edit::Change, what: "tier", name: "free".into(), fields }]);
        let lines =
            diff(
                &docs("{}"),
                &docs(&tier(1).replace(
                    r#""model":[]"#,
                    r#""provider":[{"name":"p","kind":"openai","base_url":"https://a"}]"#,
                )),
            );
        assert_eq!(lines.iter().map(|l| l.what).collect::<Vec<_>>(), ["tier", "provider"]);
    }

    #[test]
    fn a_diff_names_what_changes_and_nothing_else() {
        let before = docs(
            r#"{"model":[{"id":"a","context_length":1,"max_output_tokens":1},
                {"id":"b","context_length":1,"max_output_tokens":1}]}"#,
        );
        let after = docs(
            r#"{"model":[{"id":"a","context_length":2,"max_output_tokens":1,"price":"free"},
                {"id":"c","context_length":1,"max_output_tokens":1}]}"#,
        );
        let lines = diff(&before, &after);
        let seen: Vec<_> = lines.iter().map(|l| (l.edit, l.name.as_str())).collect();
        assert_eq!(seen, [(Edit::Change, "a"), (Edit::Add, "c"), (Edit::Remove, "b")]);
        let fields: Vec<_> = lines[0].fields.iter().map(|(f, o, n)| (f.as_str(), o.as_str(), n.as_str())).collect();
        assert_eq!(fields, [("context_length", "1", "2"), ("price", "-", "\"free\"")]);
        assert!(diff(&after, &after).is_empty());
    }
}
