//! Operators: who they are to handlers, and their tokens. In: a ticket of the gate. Out: who it is, a new token's text.
//! Never here: finding out who asks (people/principal.rs), API keys (they never open this door).

use super::management_keys::ManagementKeyTold;
use super::people::account::UserTold;
use crate::api::gate::Ticket;
use crate::api::problem::Problem;
use crate::api::read::Answer;
use crate::api::schema::Shown;
use crate::house::House;
use crate::people::{Principal, Who};
use axum::extract::FromRequestParts;
use http::request::Parts;
use schemars::JsonSchema;
use serde::Serialize;
use store::port::{AuditEntry, OperatorTokenRow};
use units::{OperatorTokenId, Secret, Timestamp};

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

    /// From where they ask.
    pub fn address(&self) -> &str {
        &self.principal.address
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
        id: OperatorTokenId::new(now, house.ten()),
        name: name.into(),
        prefix: admit::display_prefix(text.expose()).into(),
        digest: house.vault.digest(text.expose()),
        created_at: now,
        revoked_at: None,
    };
    (text, row)
}

/// Who asks.
#[derive(Serialize, JsonSchema)]
pub struct WhoAmI {
    /// `operator_token`, `management_key` or `session`: the field of that is there.
    #[schemars(extend("enum" = ["operator_token", "management_key", "session"]))]
    auth: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_token: Option<TokenNamed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    management_key: Option<ManagementKeyTold>,
    /// The user of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserTold>,
}

/// An operator's token, by name.
#[derive(Serialize, JsonSchema)]
pub struct TokenNamed {
    id: Shown<OperatorTokenId>,
    name: String,
    prefix: String,
}

/// `GET /whoami`.
pub async fn whoami(ticket: Ticket) -> Answer {
    let nobody = WhoAmI { auth: "session", operator_token: None, management_key: None, user: None };
    Answer::ok(&match &ticket.principal.who {
        Who::Token(token) => {
            let named = TokenNamed { id: Shown(token.id), name: token.name.clone(), prefix: token.prefix.clone() };
            WhoAmI { auth: "operator_token", operator_token: Some(named), ..nobody }
        }
        Who::Program(program) => {
            WhoAmI { auth: "management_key", management_key: Some(ManagementKeyTold::of(&program.row)), ..nobody }
        }
        _ => WhoAmI { user: ticket.principal.signed().map(|signed| UserTold::of(&signed.user)), ..nobody },
    })
}
