//! All users, for operators: listed, shut out and let in, made operators or not. In: a standing. Out: users. The last operator
//! stays. Never here: what users do themselves (account).

use super::account::UserTold;
use crate::api::gate::Ticket;
use crate::api::page::WhichNarrowed;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Input, Named};
use crate::house::Worker;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::port::{AuditEntry, Change, UserRow};
use units::UserId;

/// What changes about a user; what is not said stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UserChange")]
pub struct Standing {
    /// Whether they are shut out.
    disabled: Option<bool>,
    /// Whether they run the platform.
    operator: Option<bool>,
    /// `false` takes the second factor of who has lost it away.
    second_factor: Option<bool>,
}

/// All users.
#[derive(Serialize, JsonSchema)]
pub struct Users {
    data: Vec<UserTold>,
    /// The `before` of the next page; null at the end.
    next: Option<String>,
}

/// `GET /users`.
pub async fn list(State(worker): State<Worker>, Asked(which): Asked<WhichNarrowed>) -> Result<Answer, Problem> {
    let mut checks = Checks::default();
    let (page, typed) = which.read(&mut checks);
    checks.done()?;
    let mut users = worker.house.people.users();
    if let Some(typed) = typed {
        users.retain(|user| typed.fit_of(&user.id, &[&user.email, &user.name]).is_some());
    }
    let (users, next) = page.cut(users, |user| user.id);
    Ok(Answer::ok(&Users { data: users.iter().map(|user| UserTold::of(user)).collect(), next }))
}

fn state(row: &UserRow) -> Value {
    json!({ "disabled": row.disabled_at.is_some(), "operator": row.operator })
}

/// `PATCH /users/{user}`. Who is shut out is signed out everywhere.
pub async fn change(
    State(worker): State<Worker>,
    ticket: Ticket,
    Named(id): Named,
    Input(new): Input<Standing>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let gone = || Problem::not_found("user");
    let id: UserId = id.parse().map_err(|_| gone())?;
    let user = house.people.user(id).ok_or_else(gone)?;
    let now = house.clock.now();
    let mut checks = Checks::default();
    if new.second_factor == Some(true) {
        checks.add("second_factor", "expected false: only its user can make one");
    }
    checks.done()?;
    if new.second_factor == Some(false) {
        let log = ticket.principal.did(now, "totp.remove", &id, &json!({}));
        house.store_people.drop_totp(id, log).await?;
    }
    let disabled_at = match new.disabled {
        None => user.disabled_at,
        Some(true) => user.disabled_at.or(Some(now)),
        Some(false) => None,
    };
    let operator = new.operator.unwrap_or(user.operator);
    let after = UserRow { disabled_at, operator, ..UserRow::clone(&user) };
    let log = AuditEntry {
        before: Some(state(&user).to_string()),
        after: Some(state(&after).to_string()),
        ..ticket.principal.did(now, "user.change", &id, &json!({}))
    };
    let row = house.store_people.set_standing(id, disabled_at, operator, log).await?;
    house.reload(Change::People).await?;
    if row.disabled_at.is_some() {
        house.people.end(id, None);
    }
    Ok(Answer::ok(&UserTold::of(&row)))
}
