//! Workspaces: made, listed and changed by operators. In: a name, rules. Out: the workspace with its balance. Never here: members,
//! what a rule means (admit).

use crate::api::key_rules::CapsChange;
use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Field, Input, Named};
use crate::house::{House, Worker};
use crate::limits::SLUG_CHARS_MAX;
use admit::{Quota, WorkspaceRules};
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::port::{Change, WorkspaceChange, WorkspaceRow};
use units::{NanoUsd, WorkspaceId};

/// What a new workspace is made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    name: String,
    slug: Option<String>,
}

/// `POST /workspaces`.
pub async fn create(
    State(worker): State<Worker>,
    operator: Operator,
    Input(new): Input<NewWorkspace>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    checks.name("name", &new.name);
    let slug = new.slug.unwrap_or_else(|| slug_of(&new.name));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if slug.is_empty() || slug.len() > SLUG_CHARS_MAX || !slug.chars().all(plain) {
        checks.add("slug", format!("expected 1 to {SLUG_CHARS_MAX} small letters, digits or '-'"));
    }
    checks.done()?;
    let now = house.clock.now();
    let id = WorkspaceId::new(now, house.ten());
    let row = WorkspaceRow {
        id,
        name: new.name.trim().into(),
        slug,
        created_at: now,
        rules: WorkspaceRules::default(),
        version: 1,
    };
    let log = operator.did(now, "workspace.create", id.to_string(), &json!({ "name": row.name, "slug": row.slug }));
    house.store.create_workspace(row.clone(), log).await?;
    house.reload(Change::Keys).await?;
    Ok(Answer::created(&object(house, &row).await?))
}

/// `GET /workspaces`.
pub async fn list(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let mut objects = Vec::new();
    for row in worker.house.workspaces.all() {
        objects.push(object(&worker.house, &row).await?);
    }
    Ok(Answer::ok(&json!({ "data": objects })))
}

/// `GET /workspaces/{workspace}`.
pub async fn show(State(worker): State<Worker>, _: Operator, Named(name): Named) -> Result<Answer, Problem> {
    let row = worker.house.workspaces.named(&name).ok_or_else(|| Problem::not_found("workspace"))?;
    Ok(Answer::ok(&object(&worker.house, &row).await?))
}

/// What of a workspace is to be another: what is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedWorkspace {
    name: Option<String>,
    rules: Option<RulesChange>,
}

/// Rules to set.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulesChange {
    api_off: Option<bool>,
    own_providers_only: Option<bool>,
    member: Field<QuotaChange>,
    end_user: Field<QuotaChange>,
}

/// What a member or an end user may use.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaChange {
    month_micro_usd: Field<u64>,
    day_micro_usd: Field<u64>,
    requests_per_day: Field<u32>,
}

impl QuotaChange {
    fn set(self, quota: &mut Quota, at: &str, checks: &mut Checks) {
        self.requests_per_day.set(&mut quota.requests_per_day, Some);
        CapsChange::of_span(self.month_micro_usd, self.day_micro_usd).set(&mut quota.caps, at, checks);
    }
}

impl RulesChange {
    fn set(self, rules: &mut WorkspaceRules, checks: &mut Checks) {
        rules.api_off = self.api_off.unwrap_or(rules.api_off);
        rules.own_providers_only = self.own_providers_only.unwrap_or(rules.own_providers_only);
        for (name, field, quota) in [
            ("rules.member", self.member, &mut rules.member),
            ("rules.end_user", self.end_user, &mut rules.end_user),
        ] {
            match field {
                Field::Absent => {}
                Field::Null => *quota = Quota::default(),
                Field::Is(change) => change.set(quota, name, checks),
            }
        }
    }
}

/// `PATCH /workspaces/{workspace}`.
pub async fn change(
    State(worker): State<Worker>,
    operator: Operator,
    Named(name): Named,
    Input(new): Input<ChangedWorkspace>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let row = house.workspaces.named(&name).ok_or_else(|| Problem::not_found("workspace"))?;
    let mut checks = Checks::default();
    if let Some(name) = &new.name {
        checks.name("name", name);
    }
    let mut rules = row.rules.clone();
    new.rules.unwrap_or_default().set(&mut rules, &mut checks);
    checks.done()?;
    let name = new.name.map_or_else(|| row.name.clone(), |name| name.trim().to_owned());
    let detail = json!({ "before": { "name": row.name, "rules": shown(&row.rules) },
                         "after": { "name": name, "rules": shown(&rules) } });
    let log = operator.did(house.clock.now(), "workspace.change", row.id.to_string(), &detail);
    let change = WorkspaceChange { id: row.id, version: row.version, name, rules };
    house.store.change_workspace(change, log).await?;
    house.reload(Change::Keys).await?;
    let row = house.workspaces.find(row.id).ok_or_else(|| Problem::not_found("workspace"))?;
    Ok(Answer::ok(&object(house, &row).await?))
}

fn shown(rules: &WorkspaceRules) -> Value {
    let quota = |quota: &Quota| {
        json!({
            "month_micro_usd": quota.caps.month.map(NanoUsd::micro_down),
            "day_micro_usd": quota.caps.day.map(NanoUsd::micro_down), "requests_per_day": quota.requests_per_day,
        })
    };
    json!({
        "api_off": rules.api_off, "own_providers_only": rules.own_providers_only, "plans": rules.plans,
        "tier": rules.tier, "member": quota(&rules.member), "end_user": quota(&rules.end_user),
    })
}

async fn object(house: &House, row: &WorkspaceRow) -> Result<Value, Problem> {
    let balance = house.ledger.balance(row.id, house.clock.now()).await?;
    let micro = balance.micro().map_err(|_| Problem::internal())?;
    Ok(json!({
        "id": row.id.to_string(), "name": row.name, "slug": row.slug, "created_at": row.created_at.to_string(),
        "balance_micro_usd": micro.total, "balance_usd": balance.posted.to_string(),
        "holds_micro_usd": micro.held, "holds_usd": balance.held.to_string(),
        "rules": shown(&row.rules),
    }))
}

/// `Acme Inc.` becomes `acme-inc`.
fn slug_of(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-").chars().take(SLUG_CHARS_MAX).collect()
}
