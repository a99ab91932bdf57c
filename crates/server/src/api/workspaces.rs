//! Workspaces: made and listed, all of them by operators, their own by users. In: a name. Out: the workspace with its
//! balance. Never here: members, rules (workspace_rules).

use crate::api::gate::{Seated, Ticket};
use crate::api::page::WhichNarrowed;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Input};
use crate::api::schema::{Name, RoleName, Shown, Slug};
use crate::api::workspace_rules::{WorkspaceRulesTold, shown};
use crate::house::{House, Worker};
use crate::limits::{SLUG_CHARS_MAX, WORKSPACES_OF_ONE_MAX};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::port::{AuditEntry, Change, Role, WorkspaceRow};
use units::{NanoUsd, Timestamp, WorkspaceId};

/// What a new workspace is made of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    #[schemars(with = "Name")]
    name: String,
    /// Made of the name unless it is said.
    #[schemars(with = "Option<Slug>")]
    slug: Option<String>,
}

/// A workspace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Workspace")]
pub struct WorkspaceTold {
    id: Shown<WorkspaceId>,
    name: String,
    slug: String,
    created_at: Shown<Timestamp>,
    /// Unspent credit in micro-USD, rounded down.
    balance_micro_usd: i64,
    /// The same in USD, exactly.
    balance_usd: Shown<NanoUsd>,
    /// What calls under way have reserved of it, in micro-USD.
    holds_micro_usd: i64,
    /// The same in USD, exactly.
    holds_usd: Shown<NanoUsd>,
    rules: WorkspaceRulesTold,
    /// The role that who asks has in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RoleName")]
    role: Option<&'static str>,
}

/// A page of workspaces, newest first.
#[derive(Serialize, JsonSchema)]
pub struct Workspaces {
    data: Vec<WorkspaceTold>,
    /// The `before` of the next page; null at the end.
    next: Option<String>,
}

/// `POST /workspaces`.
pub async fn create(
    State(worker): State<Worker>,
    ticket: Ticket,
    Input(new): Input<NewWorkspace>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    checks.name("name", &new.name);
    let slug = new.slug.unwrap_or_else(|| slug_of(&new.name));
    if let Some(told) = slug_problem(&slug) {
        checks.add("slug", told);
    }
    checks.done()?;
    let now = house.clock.now();
    let id = WorkspaceId::new(now, house.ten());
    let row = WorkspaceRow::new(id, new.name.trim().into(), slug, now);
    let told = json!({ "name": row.name, "slug": row.slug });
    let log = AuditEntry { workspace: Some(id), ..ticket.principal.did(now, "workspace.create", &id, &told) };
    match ticket.principal.user().filter(|_| !ticket.principal.is_operator()) {
        None => house.store.create_workspace(row.clone(), log).await?,
        Some(signed) => {
            let owned = house.people.owned_by(signed.user.id);
            if owned >= WORKSPACES_OF_ONE_MAX {
                return Err(Problem::conflict(format!("You own {owned} workspaces already, which is the limit.")));
            }
            house.store_people.found_workspace(row.clone(), signed.user.id, log).await?;
        }
    }
    house.reload(Change::People).await?;
    Ok(Answer::created(&object(house, &row).await?))
}

/// `GET /workspaces`: all for operators, their own for users and programs.
pub async fn list(
    State(worker): State<Worker>,
    ticket: Ticket,
    Asked(which): Asked<WhichNarrowed>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    let (page, typed) = which.read(&mut checks);
    checks.done()?;
    let role_in = |row: &WorkspaceRow| ticket.principal.role_in(house, row.id);
    let mut rows = house.workspaces.all();
    rows.retain(|row| ticket.principal.is_operator() || role_in(row).is_some());
    if let Some(typed) = typed {
        rows.retain(|row| typed.fit_of(&row.id, &[&row.slug, &row.name]).is_some());
    }
    let (rows, next) = page.cut(rows, |row| row.id);
    let mut objects = Vec::with_capacity(rows.len());
    for row in rows {
        objects.push(with_role(object(house, &row).await?, role_in(&row)));
    }
    Ok(Answer::ok(&Workspaces { data: objects, next }))
}

/// `GET /workspaces/{workspace}`.
pub async fn show(State(worker): State<Worker>, seated: Seated) -> Result<Answer, Problem> {
    let house = &worker.house;
    let row = &seated.seat.workspace;
    let role = seated.principal.role_in(house, row.id);
    Ok(Answer::ok(&with_role(object(house, row).await?, role)))
}

/// A workspace with the role that who asks has in it.
fn with_role(told: WorkspaceTold, role: Option<Role>) -> WorkspaceTold {
    WorkspaceTold { role: role.map(Role::name), ..told }
}

/// A workspace as people read it.
pub async fn object(house: &House, row: &WorkspaceRow) -> Result<WorkspaceTold, Problem> {
    let balance = house.ledger.balance(row.id, house.clock.now()).await?;
    let micro = balance.micro().map_err(|_| Problem::internal())?;
    Ok(WorkspaceTold {
        id: Shown(row.id),
        name: row.name.clone(),
        slug: row.slug.clone(),
        created_at: Shown(row.created_at),
        balance_micro_usd: micro.total,
        balance_usd: Shown(balance.posted),
        holds_micro_usd: micro.held,
        holds_usd: Shown(balance.held),
        rules: shown(&row.rules),
        role: None,
    })
}

/// What is wrong with a slug; `None` is nothing.
pub fn slug_problem(slug: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = !slug.is_empty() && slug.len() <= SLUG_CHARS_MAX && slug.chars().all(plain);
    let good = good && !slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--");
    (!good).then(|| {
        format!("expected 1 to {SLUG_CHARS_MAX} small letters or digits, with single '-' between them at most")
    })
}

/// `Acme Inc.` becomes `acme-inc`; nothing where a name has no letter that a slug may have.
pub fn slug_of(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let slug: String = words.join("-").chars().take(SLUG_CHARS_MAX).collect();
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{slug_of, slug_problem};

    #[test]
    fn slugs_are_plain() {
        for (name, slug) in [("Acme Inc.", "acme-inc"), ("  A -- b ", "a-b"), ("Ωmega", "mega"), ("日本", "")] {
            assert_eq!(slug_of(name), slug);
        }
        let long = slug_of(&"ab ".repeat(40));
        assert!(slug_problem(&long).is_none(), "{long}");
        for good in ["a", "a-b", "7", &"x".repeat(50)] {
            assert!(slug_problem(good).is_none(), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a b", "a_b", "ä", &"x".repeat(51)] {
            assert!(slug_problem(bad).is_some(), "{bad}");
        }
    }
}
