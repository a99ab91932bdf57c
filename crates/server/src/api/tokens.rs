//! Operator tokens: made, listed, revoked by operators. In: a name. Out: the token, once. Never here: its digest.

use crate::api::operator::{Operator, mint_operator_token};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Input, Named};
use crate::house::Worker;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::port::{Change, OperatorTokenRow};
use units::OperatorTokenId;

/// What a new token is made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    name: String,
}

/// `POST /operator-tokens`.
pub async fn create(
    State(worker): State<Worker>,
    operator: Operator,
    Input(new): Input<NewToken>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    checks.name("name", &new.name);
    checks.done()?;
    let (text, row) = mint_operator_token(house, new.name.trim());
    let detail = json!({ "name": row.name, "prefix": row.prefix });
    let log = operator.did(row.created_at, "operator_token.create", row.id.to_string(), &detail);
    house.store.create_operator_token(row.clone(), log).await?;
    house.reload(Change::OperatorTokens).await?;
    let mut shown = object(&row);
    shown["token"] = json!(text.expose());
    Ok(Answer::created(&shown))
}

/// `GET /operator-tokens`.
pub async fn list(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let rows = worker.house.store.list_operator_tokens().await?;
    let objects: Vec<Value> = rows.iter().map(object).collect();
    Ok(Answer::ok(&json!({ "data": objects })))
}

/// `DELETE /operator-tokens/{id}`. The last working token cannot be revoked: nobody could make another.
pub async fn revoke(State(worker): State<Worker>, operator: Operator, Named(id): Named) -> Result<Answer, Problem> {
    let house = &worker.house;
    let id: OperatorTokenId = id.parse().map_err(|_| Problem::not_found("operator token"))?;
    let rows = house.store.list_operator_tokens().await?;
    let others = rows.iter().filter(|t| t.revoked_at.is_none() && t.id != id).count();
    if others == 0 && rows.iter().any(|t| t.id == id) {
        return Err(Problem::conflict("This is the last operator token; make another before you revoke it."));
    }
    let now = house.clock.now();
    let log = operator.did(now, "operator_token.revoke", id.to_string(), &json!({}));
    house.store.revoke_operator_token(id, now, log).await?;
    house.reload(Change::OperatorTokens).await?;
    Ok(Answer::ok(&json!({ "id": id.to_string(), "revoked_at": now.to_string() })))
}

fn object(row: &OperatorTokenRow) -> Value {
    json!({
        "id": row.id.to_string(), "name": row.name, "prefix": row.prefix, "created_at": row.created_at.to_string(),
        "revoked_at": row.revoked_at.map(|t| t.to_string()),
    })
}
