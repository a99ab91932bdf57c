//! The one way to a handler: who asks is found, and the table's row says whether they may. In: a request, its row. Out: the
//! request with its ticket, or a problem. What another workspace has looks as if it were not there.
//! Never here: what a route does.

use super::idempotency;
use super::look;
use super::problem::Problem;
use super::routes::Row;
use crate::address;
use crate::house::{House, Worker};
use crate::people::{Principal, Signed, Who, is_from_here, principal_of};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use std::net::IpAddr;
use std::sync::Arc;
use store::port::{AuditEntry, Role, WorkspaceRow};
use units::Timestamp;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Whoever asks.
    Anybody,
    /// A user whose second factor is still out, for nothing but that.
    Half,
    /// A user, whether their sign-in is complete or not.
    Signed,
    /// A user whose sign-in is complete.
    Session,
    /// A user, an operator's token, or a program.
    Known,
    /// A user, or an operator's token.
    Account,
    /// A user or a program with one of these roles in the workspace of the path, and operators.
    Member(&'static [Role]),
    /// A user with one of these roles in the workspace of the path, and operators; no program.
    Person(&'static [Role]),
    /// Who runs the platform: an operator's token, or a user who is one.
    Operator,
}

impl May {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Anybody => "anybody".into(),
            Self::Half => "half signed in".into(),
            Self::Signed => "signed in or half".into(),
            Self::Session => "signed in".into(),
            Self::Known => "signed in, management key, operator".into(),
            Self::Account => "signed in, operator".into(),
            Self::Member(roles) => format!("{}, operator", names(roles)),
            Self::Person(roles) => format!("{}, operator; no management key", names(roles)),
            Self::Operator => "operator".into(),
        }
    }
}

fn names(roles: &[Role]) -> String {
    match roles.len() == Role::ALL.len() {
        true => "member".to_owned(),
        false => roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", "),
    }
}

/// A place in the workspace that the path names.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The workspace.
    pub workspace: Arc<WorkspaceRow>,
    /// What they may do there; operators may what owners may.
    pub role: Role,
}

/// What the gate found: who asks, and in which workspace.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Who asks.
    pub principal: Principal,
    /// Their place in the workspace of the path, where it names one.
    pub seat: Option<Seat>,
}

/// Lets a request through to its handler, or not. The ticket rides on the request, for a layer has no other way to a
/// handler; without one every handler refuses.
pub async fn pass(
    State((worker, row)): State<(Worker, &'static Row)>,
    path: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let house = &worker.house;
    let from = address::client(&request, &house.settings.trusted_proxies);
    let proof = Proof::of(row, request.headers(), from);
    if let Err(problem) = proof.is_heard(house) {
        return problem.into_response();
    }
    let principal = principal_of(house, request.headers(), from).await;
    let known = matches!(principal.who, Who::Token(_) | Who::Program(_));
    // A name that is no text is nobody's.
    let named = path.as_ref().ok().and_then(|path| path.iter().find(|(name, _)| *name == "workspace"));
    let workspace = named.map(|(_, value)| value);
    let response = match admit(house, row, principal, request.headers(), workspace) {
        Ok(ticket) => {
            let ticket = Arc::new(ticket);
            request.extensions_mut().insert(ticket.clone());
            let done = match (row.once, row.method.is_safe()) {
                (true, _) => idempotency::run(&worker, &ticket.principal, request, next).await,
                (_, true) => Ok(next.run(request).await),
                (_, false) => idempotency::to_its_end(&worker, async move { Ok(next.run(request).await) }).await,
            };
            let mut response = done.unwrap_or_else(IntoResponse::into_response);
            response.extensions_mut().insert(Reached);
            response
        }
        Err(problem) => problem.into_response(),
    };
    proof.judged(house, known, response.status());
    response
}

/// Whether a request tries to say who asks by something that could be guessed, and from where: who fails too often is not heard
/// for a while (R-LIM-3). A session's cookie goes on: nobody is signed out because somebody else at their address fails.
struct Proof {
    from: Option<IpAddr>,
    signs_in: bool,
}

impl Proof {
    fn of(row: &Row, headers: &HeaderMap, from: Option<IpAddr>) -> Self {
        let tries = matches!(row.may, May::Anybody | May::Half) && !row.method.is_safe();
        let tries = tries || headers.contains_key(AUTHORIZATION);
        // Much of what anybody may do goes well for anybody, and proves nothing.
        Self { from: from.filter(|_| tries), signs_in: row.name.starts_with("session.") }
    }

    fn is_heard(&self, house: &House) -> Result<(), Problem> {
        let now = house.clock.now();
        match self.from.and_then(|from| house.limiter.blocked(from, now)) {
            Some(until) => Err(Problem::blocked(until.since(now))),
            None => Ok(()),
        }
    }

    fn judged(&self, house: &House, known: bool, status: StatusCode) {
        let Some(from) = self.from else { return };
        if status == StatusCode::UNAUTHORIZED {
            house.limiter.failed(from, house.clock.now());
        } else if known || (self.signs_in && status.is_success()) {
            house.limiter.succeeded(from);
        }
    }
}

/// Marks an answer that a handler gave, and not the gate.
#[derive(Clone, Copy)]
pub struct Reached;

fn admit(
    house: &House,
    row: &Row,
    principal: Principal,
    headers: &HeaderMap,
    workspace: Option<&str>,
) -> Result<Ticket, Problem> {
    if row.wants_csrf() {
        unforged(house, &principal, headers)?;
    }
    look::changes_nothing(&row.method, headers)?;
    match (&principal.who, row.may) {
        (_, May::Anybody) | (Who::Half(_), May::Half | May::Signed) => {}
        (Who::Half(_), _) => return Err(Problem::second_factor()),
        // There is nothing more to prove.
        (Who::User(_), May::Half) => return Err(Problem::conflict("Your sign-in is complete already.")),
        (Who::Token(_) | Who::Program(_), May::Half | May::Signed | May::Session) | (Who::Nobody, _) => {
            return Err(Problem::unauthorized());
        }
        (Who::Program(_), May::Account) => {
            return Err(Problem::forbidden("A management key opens its own workspace and nothing else."));
        }
        (Who::User(_) | Who::Token(_) | Who::Program(_), _) => {}
    }
    if row.may == May::Operator && !principal.is_operator() {
        return Err(Problem::forbidden("Only operators may do this."));
    }
    let seat = match row.may {
        May::Member(roles) | May::Person(roles) => Some(seat(house, &principal, roles, workspace.unwrap_or(""))?),
        _ => None,
    };
    if let (Who::Program(_), May::Person(_)) = (&principal.who, row.may) {
        return Err(Problem::forbidden("Only people may do this, and no management key."));
    }
    Ok(Ticket { principal, seat })
}

/// Another site's page cannot use a session: it is told apart by what browsers say, and it cannot read the token.
fn unforged(house: &House, principal: &Principal, headers: &HeaderMap) -> Result<(), Problem> {
    if matches!(principal.who, Who::Token(_) | Who::Program(_)) {
        return Ok(());
    }
    if !is_from_here(house.settings.public_url.as_deref(), headers) {
        return Err(Problem::forged("This request comes from a page of another site."));
    }
    let Some(signed) = principal.signed() else { return Ok(()) };
    let token = headers.get("x-csrf-token").and_then(|v| v.to_str().ok()).unwrap_or("");
    if house.vault.csrf_fits(&signed.session.row.digest, token) {
        return Ok(());
    }
    Err(Problem::forged("The header X-CSRF-Token must hold the csrf_token that GET /api/manage/session tells."))
}

fn seat(house: &House, principal: &Principal, roles: &[Role], named: &str) -> Result<Seat, Problem> {
    let gone = || Problem::not_found("workspace");
    let workspace = house.workspaces.named(named).ok_or_else(gone)?;
    if principal.is_operator() {
        return Ok(Seat { workspace, role: Role::Owner });
    }
    let role = principal.role_in(house, workspace.id).ok_or_else(gone)?;
    if !roles.contains(&role) {
        return Err(Problem::forbidden("Your role in this workspace does not allow this."));
    }
    Ok(Seat { workspace, role })
}

impl<S: Sync> FromRequestParts<S> for Ticket {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Without the gate there is no ticket, and nobody comes in.
        parts.extensions.get::<Arc<Self>>().map(|ticket| Self::clone(ticket)).ok_or_else(Problem::unauthorized)
    }
}

/// A caller who has a place in the workspace of the path.
pub struct Seated {
    /// Who asks.
    pub principal: Principal,
    /// Where.
    pub seat: Seat,
}

impl<S: Sync> FromRequestParts<S> for Seated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ticket { principal, seat } = Ticket::from_request_parts(parts, state).await?;
        seat.map(|seat| Self { principal, seat }).ok_or_else(Problem::unauthorized)
    }
}

impl Seated {
    /// An entry of the log about what they did here, with what was before and what is since.
    pub fn did(
        &self,
        at: Timestamp,
        action: &str,
        object: &impl ToString,
        (before, after): (Option<serde_json::Value>, Option<serde_json::Value>),
    ) -> AuditEntry {
        let text = |value: Option<serde_json::Value>| value.map(|value| value.to_string());
        AuditEntry {
            before: text(before),
            after: text(after),
            ..self.principal.did_in(self.seat.workspace.id, at, action, object)
        }
    }
}

/// A caller who is a user at work, or half way there.
pub struct Caller {
    /// Who asks.
    pub principal: Principal,
    /// The same, as the user that they are.
    pub signed: Signed,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ticket { principal, .. } = Ticket::from_request_parts(parts, state).await?;
        let signed = principal.signed().cloned().ok_or_else(Problem::unauthorized)?;
        Ok(Self { principal, signed })
    }
}
