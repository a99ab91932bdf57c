//! Operators: who they are to handlers, and their tokens. In: a ticket of the gate. Out: who it is, a new token's text.
//! Never here: finding out who asks (people/principal.rs), API keys (they never open this door).

use crate::api::gate::Ticket;
use crate::api::problem::Problem;
use crate::api::read::Answer;
use crate::house::House;
use crate::people::{Principal, Who};
use axum::extract::FromRequestParts;
use http::request::Parts;
use serde_json::json;
use store::port::{AuditEntry, OperatorTokenRow};
use units::{Secret, Timestamp};

/// What operator tokens start with.
const PREFIX: &str = "tgop-";

/// A caller who runs the platform: by a token, or as a user.
pub struct Operator {
    principal: Principal,
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ticket { principal, .. } = Ticket::from_request_parts(parts, state).await?;
        if principal.is_operator() { Ok(Self { principal }) } else { Err(Problem::unauthorized()) }
    }
}

impl Operator {
    /// What the log calls them.
    pub fn name(&self) -> &str {
        self.principal.name()
    }

    /// An entry of the operators' log about what this operator did.
    pub fn did(&self, at: Timestamp, action: &str, object: String, detail: &serde_json::Value) -> AuditEntry {
        AuditEntry { object, ..self.principal.did(at, action, &"", detail) }
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
pub async fn whoami(ticket: Ticket) -> Answer {
    Answer::ok(&match &ticket.principal.who {
        Who::Token(token) => json!({
            "auth": "operator_token",
            "operator_token": { "id": token.id.to_string(), "name": token.name, "prefix": token.prefix },
        }),
        Who::Program(program) => json!({
            "auth": "management_key", "management_key": super::management_keys::object(&program.row),
        }),
        _ => json!({
            "auth": "session",
            "user": ticket.principal.signed().map(|signed| super::people::account::UserTold::of(&signed.user)),
        }),
    })
}
