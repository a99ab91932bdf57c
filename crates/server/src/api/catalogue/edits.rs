//! What a change of the catalogue does, entry by entry, as it is told before it is applied and kept in the log. In: a comparison. Out:
//! lines. Never here: a credential; how many there are is told.

use catalog::{DiffLine, Edit, FieldDiff};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One entry of a catalogue that changes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CatalogueEdit")]
pub struct Line {
    /// `add`, `change` or `remove`.
    #[schemars(extend("enum" = ["add", "change", "remove"]))]
    edit: Cow<'static, str>,
    /// `tier`, `provider`, `model` or `credentials`.
    #[schemars(extend("enum" = ["tier", "provider", "model", "credentials"]))]
    what: Cow<'static, str>,
    /// Its name or id.
    name: String,
    /// What is another than before: of a new entry all that it has, of one that goes all that it had.
    fields: Vec<LineField>,
}

/// One field that changes. A side that is absent does not have it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CatalogueEditField")]
pub struct LineField {
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Side>,
}

/// A side of a field: its value as JSON text, or how many credentials there are.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CatalogueEditSide")]
#[serde(untagged)]
pub enum Side {
    /// JSON, as text.
    Text(String),
    /// How many there are.
    Count(usize),
}

impl Line {
    /// A line of a comparison.
    pub fn of(line: DiffLine) -> Self {
        let edit = match line.edit {
            Edit::Add => "add",
            Edit::Change => "change",
            Edit::Remove => "remove",
        };
        let field = |FieldDiff { field, before, after }| LineField {
            field,
            before: before.map(Side::Text),
            after: after.map(Side::Text),
        };
        Self {
            edit: edit.into(),
            what: line.what.into(),
            name: line.name,
            fields: line.fields.into_iter().map(field).collect(),
        }
    }

    /// Other credentials of a provider: so many before, so many after.
    pub fn of_credentials(provider: &str, before: usize, after: usize) -> Self {
        let before = (before > 0).then_some(Side::Count(before));
        let field = LineField { field: "credentials".into(), before, after: Some(Side::Count(after)) };
        Self { edit: "change".into(), what: "credentials".into(), name: provider.into(), fields: vec![field] }
    }
}
