//! The rules of a workspace as people write and read them. In: a change. Out: the workspace, or every problem at once.
//! Never here: what a rule means (admit), keys.

use crate::api::gate::Seated;
use crate::api::key_rules::CapsChange;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Field, Input};
use crate::api::schema::Name;
use crate::api::workspaces::object;
use crate::house::Worker;
use crate::limits::PLANS_MAX;
use admit::{Quota, WorkspaceRules};
use axum::extract::State;
use catalog::{Tiers, When};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::port::{Change, WorkspaceChange};
use units::NanoUsd;

/// What of a workspace is to be another: what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedWorkspace {
    #[schemars(with = "Option<Name>")]
    name: Option<String>,
    rules: Option<RulesChange>,
}

/// Rules to set.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "WorkspaceRulesChange")]
pub struct RulesChange {
    /// Whether its calls are refused; for operators.
    api_off: Option<bool>,
    /// Whether only its own provider keys are used; for operators.
    own_providers_only: Option<bool>,
    /// The plans that it has, tiers that are bought; one may come more than once; for operators.
    #[schemars(length(max = PLANS_MAX))]
    plans: Option<Vec<String>>,
    /// The tier that it is in whatever else holds; for operators.
    tier: Field<String>,
    /// What each member may use.
    member: Field<QuotaChange>,
    /// What each end user may use.
    end_user: Field<QuotaChange>,
}

/// What a member or an end user may use, in micro-USD and requests; months and days are UTC.
#[derive(Default, Deserialize, JsonSchema)]
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
    /// Whether it touches what is not for members to change.
    const fn is_operators(&self) -> bool {
        self.api_off.is_some()
            || self.own_providers_only.is_some()
            || self.plans.is_some()
            || !matches!(self.tier, Field::Absent)
    }

    fn set(self, rules: &mut WorkspaceRules, tiers: &Tiers, checks: &mut Checks) {
        rules.api_off = self.api_off.unwrap_or(rules.api_off);
        rules.own_providers_only = self.own_providers_only.unwrap_or(rules.own_providers_only);
        if let Some(plans) = self.plans {
            check_plans(&plans, tiers, checks);
            rules.plans = plans;
        }
        if let Field::Is(tier) = &self.tier
            && tiers.get(tier).is_none()
        {
            checks.add("rules.tier", "there is no tier of this name");
        }
        self.tier.set(&mut rules.tier, Some);
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

/// Plans are tiers that are bought; one may come more than once.
fn check_plans(plans: &[String], tiers: &Tiers, checks: &mut Checks) {
    if plans.len() > PLANS_MAX {
        checks.add("rules.plans", format!("expected at most {PLANS_MAX}"));
    }
    for (n, plan) in plans.iter().enumerate() {
        if tiers.get(plan).is_none_or(|tier| tier.when != When::Plan) {
            checks.add(format!("rules.plans[{n}]"), "there is no plan of this name");
        }
    }
}

/// `PATCH /workspaces/{workspace}`: owners and admins name it and bound its members and end users; the rest is the platform's.
pub async fn change(
    State(worker): State<Worker>,
    seated: Seated,
    Input(new): Input<ChangedWorkspace>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let row = &seated.seat.workspace;
    let mut checks = Checks::default();
    if let Some(name) = &new.name {
        checks.name("name", name);
    }
    let (mut rules, change) = (row.rules.clone(), new.rules.unwrap_or_default());
    if change.is_operators() && !seated.principal.is_operator() {
        return Err(Problem::forbidden("Only operators may change api_off, own_providers_only, plans and tier."));
    }
    change.set(&mut rules, &house.catalogue.load().catalogue.tiers, &mut checks);
    checks.done()?;
    let name = new.name.map_or_else(|| row.name.clone(), |name| name.trim().to_owned());
    let told = |name: &str, rules| Some(json!({ "name": name, "rules": shown(rules) }));
    let sides = (told(&row.name, &row.rules), told(&name, &rules));
    let log = seated.did(house.clock.now(), "workspace.change", &row.id, sides);
    let change = WorkspaceChange { id: row.id, version: row.version, name, rules };
    house.store.change_workspace(change, log).await?;
    house.reload(Change::Keys).await?;
    let row = house.workspaces.find(row.id).ok_or_else(|| Problem::not_found("workspace"))?;
    Ok(Answer::ok(&object(house, &row).await?))
}

/// Rules of a workspace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkspaceRules")]
pub struct WorkspaceRulesTold {
    api_off: bool,
    own_providers_only: bool,
    plans: Vec<String>,
    tier: Option<String>,
    member: QuotaTold,
    end_user: QuotaTold,
}

/// What a member or an end user may use, by UTC month and day; null is no bound.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Quota")]
pub struct QuotaTold {
    month_micro_usd: Option<i64>,
    day_micro_usd: Option<i64>,
    requests_per_day: Option<u32>,
}

/// Rules as people read them.
pub fn shown(rules: &WorkspaceRules) -> WorkspaceRulesTold {
    let quota = |quota: &Quota| QuotaTold {
        month_micro_usd: quota.caps.month.map(NanoUsd::micro_down),
        day_micro_usd: quota.caps.day.map(NanoUsd::micro_down),
        requests_per_day: quota.requests_per_day,
    };
    WorkspaceRulesTold {
        api_off: rules.api_off,
        own_providers_only: rules.own_providers_only,
        plans: rules.plans.clone(),
        tier: rules.tier.clone(),
        member: quota(&rules.member),
        end_user: quota(&rules.end_user),
    }
}
