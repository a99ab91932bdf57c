//! Operators: their tokens at the door. In: headers. Out: who it is. Never here: API keys (they never open this door).

use crate::api::problem::Problem;
use crate::api::read::Answer;
use crate::house::{House, Worker};
use axum::extract::FromRequestParts;
use axum::extract::State;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde_json::json;
use store::port::{AuditEntry, OperatorTokenRow};
use units::{Secret, Timestamp};

/// What operator tokens start with.
const PREFIX: &str = "tgop-";

/// A caller whose operator token works.
pub struct Operator {
    /// The token's record.
    pub token: OperatorTokenRow,
}

impl FromRequestParts<Worker> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, worker: &Worker) -> Result<Self, Problem> {
        let value = parts.headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or("");
        let text = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let text = text.map_or("", |(_, token)| token.trim());
        if admit::is_well_formed(text).is_err() {
            return Err(Problem::unauthorized());
        }
        let found = worker.house.tokens.find(&worker.house.vault.digest(text));
        found.map(|token| Self { token }).ok_or_else(Problem::unauthorized)
    }
}

impl Operator {
    /// An entry of the operators' log about what this operator did.
    pub fn did(&self, at: Timestamp, action: &str, object: String, detail: &serde_json::Value) -> AuditEntry {
        AuditEntry { at, actor: self.token.name.clone(), action: action.into(), object, detail: detail.to_string() }
    }
}

/// Makes the text and the record of a new operator token. The text is shown once and kept nowhere.
pub fn mint_operator_token(house: &House, name: &str) -> (Secret<String>, OperatorTokenRow) {
    let mut random = [0; 32];
    house.chance.fill(&mut random);
    let text = admit::mint(PREFIX, &random);
    let now = house.clock.now();
    let row = OperatorTokenRow {
        id: units::OperatorTokenId::new(now, house.ten()),
        name: name.into(),
        prefix: admit::display_prefix(text.expose()).into(),
        digest: house.vault.digest(text.expose()),
        created_at: now,
        revoked_at: None,
    };
    (text, row)
}

/// `GET /whoami`.
pub async fn whoami(State(_): State<Worker>, operator: Operator) -> Answer {
    Answer::ok(&json!({
        "auth": "operator_token",
        "operator_token": {
            "id": operator.token.id.to_string(), "name": operator.token.name, "prefix": operator.token.prefix,
        },
    }))
}
