//! Operator tokens: made, listed, revoked by operators. In: a name. Out: the token, once. Never here: its digest.

use crate::api::operator::{Operator, mint_operator_token};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Input, Named};
use crate::api::schema::{Name, Shown};
use crate::house::Worker;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::port::{Change, OperatorTokenRow};
use units::{OperatorTokenId, Timestamp};

/// What a new token is made of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewOperatorToken")]
pub struct NewToken {
    #[schemars(with = "Name")]
    name: String,
}

/// An operator's token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OperatorToken")]
pub struct TokenTold {
    id: Shown<OperatorTokenId>,
    name: String,
    /// The first characters of its text, to recognise it by.
    prefix: String,
    created_at: Shown<Timestamp>,
    revoked_at: Option<Shown<Timestamp>>,
}

/// An operator's token with its text, which is in this answer and nowhere else.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewOperatorTokenTold")]
pub struct NewTokenTold {
    #[serde(flatten)]
    of: TokenTold,
    /// The token itself.
    token: String,
}

/// All operator tokens, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OperatorTokens")]
pub struct Tokens {
    data: Vec<TokenTold>,
}

/// An operator's token that works no more.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RevokedOperatorToken")]
pub struct Revoked {
    id: Shown<OperatorTokenId>,
    revoked_at: Shown<Timestamp>,
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
    Ok(Answer::created(&NewTokenTold { of: object(&row), token: text.expose().clone() }))
}

/// `GET /operator-tokens`.
pub async fn list(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let rows = worker.house.store.list_operator_tokens().await?;
    Ok(Answer::ok(&Tokens { data: rows.iter().map(object).collect() }))
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
    Ok(Answer::ok(&Revoked { id: Shown(id), revoked_at: Shown(now) }))
}

fn object(row: &OperatorTokenRow) -> TokenTold {
    TokenTold {
        id: Shown(row.id),
        name: row.name.clone(),
        prefix: row.prefix.clone(),
        created_at: Shown(row.created_at),
        revoked_at: row.revoked_at.map(Shown),
    }
}
