//! Keys as people read them. In: rows, what they came to. Out: answers. Never here: a digest, making or changing a key (keys).

use crate::api::key_rules::{KeyRulesTold, shown};
use crate::api::problem::Problem;
use crate::api::schema::Shown;
use crate::house::House;
use ledger::KeyCharges;
use schemars::JsonSchema;
use serde::Serialize;
use store::port::KeyRow;
use units::{KeyId, Secret, Timestamp, UserId, WorkspaceId};

/// A key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub struct KeyTold {
    id: Shown<KeyId>,
    workspace: Shown<WorkspaceId>,
    name: String,
    /// The first characters of its text, to recognise it by.
    prefix: String,
    created_at: Shown<Timestamp>,
    /// Who made it, in words.
    created_by: String,
    /// The member that it belongs to.
    owner: Option<Shown<UserId>>,
    expires_at: Option<Shown<Timestamp>>,
    revoked_at: Option<Shown<Timestamp>>,
    /// When it was last used, to a minute or so.
    last_used_at: Option<Shown<Timestamp>>,
    /// Until when the text before its last rotation works.
    old_text_ends_at: Option<Shown<Timestamp>>,
    rules: KeyRulesTold,
}

impl KeyTold {
    /// Of its record.
    pub fn of(row: &KeyRow) -> Self {
        Self {
            id: Shown(row.id),
            workspace: Shown(row.workspace),
            name: row.name.clone(),
            prefix: row.prefix.clone(),
            created_at: Shown(row.created_at),
            created_by: row.created_by.clone(),
            owner: row.owner.map(Shown),
            expires_at: row.expires_at.map(Shown),
            revoked_at: row.revoked_at.map(Shown),
            last_used_at: row.last_used_at.map(Shown),
            old_text_ends_at: row.old.map(|old| Shown(old.ends_at)),
            rules: shown(&row.rules),
        }
    }
}

/// What a key came to, in micro-USD, rounded up; months and days are UTC.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Spend {
    total_micro_usd: i64,
    month_micro_usd: i64,
    day_micro_usd: i64,
}

/// A key, and what it came to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeySpent {
    #[serde(flatten)]
    of: KeyTold,
    spend: Spend,
}

/// A key with its text, which is in this answer and nowhere else.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NewKeyTold {
    #[serde(flatten)]
    of: KeySpent,
    /// The key itself.
    key: String,
}

impl KeySpent {
    /// The same with its text.
    pub fn with_text(self, text: &Secret<String>) -> NewKeyTold {
        NewKeyTold { of: self, key: text.expose().clone() }
    }
}

/// A page of keys, newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Keys {
    /// The keys.
    pub data: Vec<KeySpent>,
    /// The `before` of the next page; null at the end.
    pub next: Option<String>,
}

/// Keys with what they came to until now, all of one snapshot of the ledger.
pub async fn told_all(house: &House, rows: &[KeyRow]) -> Result<Vec<KeySpent>, Problem> {
    let ids = rows.iter().map(|row| row.id).collect();
    let charges = house.ledger.key_charges(ids, house.clock.now()).await?;
    let one = |(row, charges): (&KeyRow, &KeyCharges)| KeySpent {
        of: KeyTold::of(row),
        spend: Spend {
            total_micro_usd: charges.total.micro_up(),
            month_micro_usd: charges.month.micro_up(),
            day_micro_usd: charges.day.micro_up(),
        },
    };
    Ok(rows.iter().zip(&charges).map(one).collect())
}

/// One key with what it came to until now.
pub async fn told(house: &House, row: &KeyRow) -> Result<KeySpent, Problem> {
    told_all(house, std::slice::from_ref(row)).await?.pop().ok_or_else(Problem::internal)
}
