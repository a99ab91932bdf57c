//! What a new set of documents would change. In: documents before and after. Out: one line an entry that changes.
//! Never here: credentials (their fingerprints are compared where they are sealed), applying anything.

use crate::doc::{CatalogueDoc, ModelDoc, ProviderDoc, TierDoc};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The fields that change; those of an addition have no before, those of a removal no after.
    pub fields: Vec<FieldDiff>,
}

/// One field that changes, each side as JSON; `None` where the entry does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDiff {
    /// Its name.
    pub field: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
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
    let nothing = serde_json::Value::Null;
    let line =
        |edit, name: &String, old, new| DiffLine { edit, what, name: name.clone(), fields: fields(old, new) };
    let mut lines = Vec::new();
    for (name, new) in after {
        match before.get(name) {
            None => lines.push(line(Edit::Add, name, &nothing, new)),
            Some(old) if old != new => lines.push(line(Edit::Change, name, old, new)),
            Some(_) => {}
        }
    }
    for (name, old) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        lines.push(line(Edit::Remove, name, old, &nothing));
    }
    lines
}

/// What differs, by name.
fn fields(old: &serde_json::Value, new: &serde_json::Value) -> Vec<FieldDiff> {
    let empty = serde_json::Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differs = |name: &&String| old.get(*name) != new.get(*name);
    let text = |value: Option<&serde_json::Value>| value.map(ToString::to_string);
    let told =
        |name: &String| FieldDiff { field: name.clone(), before: text(old.get(name)), after: text(new.get(name)) };
    names.into_iter().filter(differs).map(told).collect()
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
        let fields = vec![FieldDiff {
            field: "concurrent".to_owned(),
            before: Some("1".to_owned()),
            after: Some("2".to_owned()),
        }];
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
        let told = |line: &DiffLine| -> Vec<String> {
            let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            line.fields.iter().map(|f| format!("{} {} {}", f.field, side(&f.before), side(&f.after))).collect()
        };
        assert_eq!(told(&lines[0]), ["context_length 1 2", "price - \"free\""]);
        assert_eq!(told(&lines[1])[..2], ["context_length - 1", "id - \"c\""]);
        assert_eq!(told(&lines[2])[..2], ["context_length 1 -", "id \"b\" -"]);
        assert!(diff(&after, &after).is_empty());
    }
}
