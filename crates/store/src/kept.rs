//! Which sums of requests are kept, as data: what tables tell apart, and which of them answers a question. In: filters. Out: names of
//! tables and columns, conditions. Never here: numbers (facts), a connection.

use crate::facts::{Term, Value};
use crate::port::{By, FactFilter};
use ledger::facts::{Ending, Facets, Slot};
use std::sync::{Arc, LazyLock};
use units::{KeyId, WorkspaceId};

/// Sums by hour and by UTC day, or counts of times: what they are told apart by. The fewer columns, the fewer rows.
#[derive(Debug)]
pub struct Kept {
    /// By which slots it is kept.
    pub tables: &'static [(Slot, &'static str)],
    /// The primary key of each table: what it begins with is found at once.
    pub key: &'static [&'static str],
    /// Whether requests of everybody meet in one row, so that it is kept in parts where several nodes write.
    pub shared: bool,
}

/// Of everybody, for who runs the house.
pub static HOUSE: Kept = Kept {
    tables: &[(Slot::Hour, "house_hour"), (Slot::Day, "house_day")],
    key: &["slot", "model", "endpoint", "provider", "ending"],
    shared: true,
};
/// By who pays and no more, for who runs the house.
pub static WORKSPACES: Kept = Kept {
    tables: &[(Slot::Hour, "workspace_hour"), (Slot::Day, "workspace_day")],
    key: &["slot", "workspace", "ending"],
    shared: false,
};
/// By who pays and all that their members may ask for, but the key.
pub static PAYERS: Kept = Kept {
    tables: &[(Slot::Hour, "payer_hour"), (Slot::Day, "payer_day")],
    key: &["workspace", "slot", "model", "endpoint", "provider", "ending"],
    shared: false,
};
/// By model and who pays, for who runs the house. By hour there are few enough rows of `PAYERS` to look at; the same of providers.
pub static MODEL_WORKSPACES: Kept = Kept {
    tables: &[(Slot::Day, "model_workspace_day")],
    key: &["model", "slot", "workspace", "ending"],
    shared: false,
};
/// By provider and who pays, for who runs the house.
pub static PROVIDER_WORKSPACES: Kept = Kept {
    tables: &[(Slot::Day, "provider_workspace_day")],
    key: &["provider", "slot", "workspace", "ending"],
    shared: false,
};
/// By key, which belongs to one who pays.
pub static KEYS: Kept = Kept {
    tables: &[(Slot::Hour, "key_hour"), (Slot::Day, "key_day")],
    key: &["key", "slot", "model", "endpoint", "ending"],
    shared: false,
};
/// How fast everybody's were.
pub static HOUSE_PACE: Kept = Kept {
    tables: &[(Slot::Hour, "house_pace_hour"), (Slot::Day, "house_pace_day")],
    key: &["slot", "model", "provider", "timed", "step"],
    shared: true,
};
/// How fast those of one who pays were.
pub static PAYERS_PACE: Kept = Kept {
    tables: &[(Slot::Hour, "payer_pace_hour"), (Slot::Day, "payer_pace_day")],
    key: &["workspace", "slot", "model", "timed", "step"],
    shared: false,
};
/// How fast a key's were. By hour there would be as many counts as requests.
pub static KEYS_PACE: Kept =
    Kept { tables: &[(Slot::Day, "key_pace_day")], key: &["key", "slot", "model", "timed", "step"], shared: false };

/// All sums.
pub static SUMMED: [&Kept; 6] = [&HOUSE, &WORKSPACES, &PAYERS, &MODEL_WORKSPACES, &PROVIDER_WORKSPACES, &KEYS];
/// All counts of times.
pub static TIMED: [&Kept; 3] = [&HOUSE_PACE, &PAYERS_PACE, &KEYS_PACE];

static NOTHING: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(""));

impl Kept {
    /// The table of a slot.
    pub fn table(&self, slot: Slot) -> &'static str {
        self.tables.iter().find(|(of, _)| *of == slot).map_or("", |(_, table)| table)
    }

    /// The smallest that knows what is asked for.
    pub fn of(filter: &FactFilter, by: Option<By>) -> &'static Self {
        if filter.keys.is_some() || by == Some(By::Key) {
            &KEYS
        } else if filter.workspace.is_some() {
            &PAYERS
        } else if by == Some(By::Workspace) {
            let by_day = filter.slot() == Slot::Day;
            match (&filter.model, &filter.provider, &filter.endpoint) {
                (None, None, None) => &WORKSPACES,
                (Some(_), None, None) if by_day => &MODEL_WORKSPACES,
                (None, Some(_), None) if by_day => &PROVIDER_WORKSPACES,
                _ => &PAYERS,
            }
        } else {
            &HOUSE
        }
    }

    /// Where it stands how fast such requests were; `None` is nowhere.
    pub fn paces_of(filter: &FactFilter) -> Option<&'static Self> {
        filter.is_timed().then_some(if filter.keys.is_some() {
            &KEYS_PACE
        } else if filter.workspace.is_some() {
            &PAYERS_PACE
        } else {
            &HOUSE_PACE
        })
    }

    /// What a filter asks of its columns.
    pub fn terms(&self, filter: &FactFilter) -> Vec<Term> {
        let slot = filter.slot();
        let mut terms = vec![
            ("slot", ">=", Value::Number(slot.of(filter.from))),
            ("slot", "<", Value::Number(slot.of(filter.until))),
        ];
        match (self.key.first(), filter.workspace, &filter.keys) {
            // With nothing to begin with, rows of a slot would be found by a look at all others.
            (Some(&"workspace"), None, _) => terms.push((ALL_WORKSPACES, "", Value::Nothing)),
            (Some(&"workspace"), Some(id), _) => terms.push(("workspace", "=", Value::Id(id.bytes()))),
            (Some(&"key"), None, None) => terms.push((ALL_KEYS, "", Value::Nothing)),
            (Some(&"key"), Some(id), _) => terms.push(("key", "of", Value::Id(id.bytes()))),
            _ => {}
        }
        let ids = |keys: &Vec<KeyId>| keys.iter().map(|key| key.bytes()).collect();
        terms.extend(filter.keys.as_ref().map(|keys| ("key", "in", Value::Ids(ids(keys)))));
        let named = [("model", &filter.model), ("endpoint", &filter.endpoint), ("provider", &filter.provider)];
        terms.extend(named.into_iter().filter_map(|(c, text)| Some((c, "=", Value::Text(text.clone()?)))));
        terms.extend(filter.ending.map(|ending| ("ending", "=", Value::Number(ending.number().into()))));
        terms
    }

    /// A condition under which its rows of some slots are found without a look at all others.
    pub fn found(&self) -> &'static str {
        match self.key.first() {
            Some(&"workspace") => ALL_WORKSPACES,
            Some(&"key") => ALL_KEYS,
            _ => "true",
        }
    }

    /// Facets without what it does not tell apart.
    pub fn reduced(&self, of: &Facets) -> Facets {
        let has = |column| self.key.contains(&column);
        let text = |column, text: &Arc<str>| if has(column) { Arc::clone(text) } else { Arc::clone(&NOTHING) };
        Facets {
            workspace: if has("workspace") { of.workspace } else { WorkspaceId::from_bytes([0; 16]) },
            key: if has("key") { of.key } else { KeyId::from_bytes([0; 16]) },
            model: text("model", &of.model),
            endpoint: if has("endpoint") { of.endpoint } else { "" },
            provider: text("provider", &of.provider),
            ending: if has("ending") { of.ending } else { Ending::Served },
        }
    }
}

const ALL_WORKSPACES: &str = "workspace IN (SELECT id FROM workspace)";
const ALL_KEYS: &str = "key IN (SELECT id FROM api_key)";
