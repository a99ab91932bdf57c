//! Signing in and out: sessions, made, told, listed, ended. In: an address and a password, or a session. Out: a cookie.
//! An unknown address costs the same work and gets the same answer as a wrong password.
//! Never here: second factors (totp), finding out whose cookie it is (people/principal.rs).

use super::account::{Done, UserTold};
use super::{kept_password, patient, place_of};
use crate::api::gate::{Caller, Ticket};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Input, Named};
use crate::api::schema::Shown;
use crate::house::{House, Worker};
use crate::limits::{SESSION_HALF_TIME_MAX, SESSION_TIME_MAX};
use crate::people::{COOKIE, LiveSession, Principal, Signed, csrf_of, folded};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use store::port::{MethodKind, MethodRow, NewPassword, SessionRow, StoreError, UserRow};
use units::{Secret, SessionId, Timestamp, UserId};

/// Who signs in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    email: String,
    password: String,
}

/// A session as it is told to its own user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionOpened")]
pub struct SessionTold {
    session: One,
    user: UserTold,
    /// What unsafe requests must carry in `X-CSRF-Token`.
    csrf_token: String,
    /// Whether a code is still to come: `needed`, `none` or `done`.
    #[schemars(extend("enum" = ["needed", "none", "done"]))]
    second_factor: &'static str,
}

/// One session in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct One {
    id: Shown<SessionId>,
    made_at: Shown<Timestamp>,
    /// When it was used last, to some minutes.
    seen_at: Shown<Timestamp>,
    ends_at: Shown<Timestamp>,
    /// How many factors it was opened with; 0 while one is still out.
    aal: u8,
    address: String,
    agent: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// Where a user is signed in.
#[derive(Serialize, JsonSchema)]
pub struct Sessions {
    data: Vec<One>,
}

impl One {
    fn of(session: &LiveSession, current: SessionId) -> Self {
        let row = &session.row;
        Self {
            id: Shown(row.id),
            made_at: Shown(row.made_at),
            seen_at: Shown(session.seen_at()),
            ends_at: Shown(row.ends_at),
            aal: row.aal,
            address: row.address.clone(),
            agent: row.agent.clone(),
            current: row.id == current,
        }
    }
}

impl SessionTold {
    fn of(house: &House, signed: &Signed) -> Self {
        Self {
            session: One::of(&signed.session, signed.session.row.id),
            user: UserTold::of(&signed.user),
            csrf_token: csrf_of(house, &signed.session),
            second_factor: match signed.session.row.aal {
                0 => "needed",
                1 => "none",
                _ => "done",
            },
        }
    }
}

/// What a new session is for.
pub struct Opening<'a> {
    /// Who asks, and from where.
    pub principal: &'a Principal,
    /// Whose it is, as they are since what was done last.
    pub user: Arc<UserRow>,
    /// How sure it is.
    pub aal: u8,
    /// Whose place it takes.
    pub replaces: Option<SessionId>,
    /// What the log calls it.
    pub action: &'static str,
}

/// A session that was opened, and the cookie that carries it.
pub struct Opened {
    /// As it is told.
    pub told: SessionTold,
    /// The header's value.
    pub cookie: String,
}

impl Opened {
    /// The answer that tells nothing else.
    pub fn answer(self) -> Answer {
        Answer::created(&self.told).with_cookie(&self.cookie)
    }
}

/// Opens a session: a new secret each time, so that nobody gets in by one that was planted.
pub async fn open(house: &House, opening: Opening<'_>) -> Result<Opened, Problem> {
    let Opening { principal, user, aal, replaces, action } = opening;
    let (text, digest) = house.secret_text();
    let now = house.clock.now();
    let lasts = if aal == 0 { SESSION_HALF_TIME_MAX } else { SESSION_TIME_MAX };
    let row = SessionRow {
        id: SessionId::new(now, house.ten()),
        digest,
        user: user.id,
        epoch: user.epoch,
        made_at: now,
        seen_at: now,
        ends_at: now.plus(lasts),
        aal,
        tries: 0,
        address: principal.address.clone(),
        agent: principal.agent.clone(),
    };
    let mut log = principal.did(now, action, &row.id, &json!({ "aal": aal }));
    log.actor.clone_from(&user.email);
    house.store_people.open_session(row.clone(), replaces, log).await?;
    house.people.open(row, replaces);
    let session = house.people.session(&digest, now).ok_or_else(Problem::internal)?;
    let told = SessionTold::of(house, &Signed { session, user });
    Ok(Opened { told, cookie: cookie(&text, lasts.as_secs()) })
}

fn cookie(text: &Secret<String>, seconds: u64) -> String {
    format!("{COOKIE}={}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Lax", text.expose())
}

/// The cookie that takes the session's away.
fn no_cookie() -> String {
    cookie(&Secret::new(String::new()), 0)
}

/// `POST /session`.
pub async fn create(
    State(worker): State<Worker>,
    ticket: Ticket,
    Input(SignIn { email, password }): Input<SignIn>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let folded = folded(&email);
    let (place, now) = (place_of(house, "sign in", &folded), house.clock.now());
    patient(house, &place, now)?;
    let password = Secret::new(password);
    // Whoever is not there has nothing kept, and that is looked for all the same.
    let found = house.store_people.find_user(folded).await?;
    let id = found.as_ref().map_or(UserId::from_bytes([0; 16]), |user| user.id);
    let methods = house.store_people.methods_of(id).await?;
    let verdict = house.hasher.verify(password.clone(), kept_password(&methods)).await?;
    let Some(user) = found.filter(|user| verdict.right && user.disabled_at.is_none()) else {
        house.backoff.failed(place, now);
        return Err(Problem::credentials());
    };
    if user.verified_at.is_none() {
        return Err(Problem::unverified());
    }
    if verdict.stale {
        rehash(house, &ticket.principal, &user, password).await?;
    }
    let second = methods.iter().any(|method| method.kind == MethodKind::Totp && method.confirmed_at.is_some());
    if !second {
        house.backoff.passed(&place);
    }
    // What this browser had before is over.
    if let Some(before) = ticket.principal.signed() {
        end_session(house, &ticket.principal, before.user.id, before.session.row.id).await?;
    }
    let (user, aal) = (Arc::new(user), u8::from(!second));
    let principal = &ticket.principal;
    let opening = Opening { principal, user, aal, replaces: None, action: "session.create" };
    Ok(open(house, opening).await?.answer())
}

/// The same password by today's parameters.
async fn rehash(
    house: &House,
    principal: &Principal,
    user: &UserRow,
    password: Secret<String>,
) -> Result<(), Problem> {
    let row: MethodRow = house.password_row(user.id, password).await?;
    let log = principal.did(row.created_at, "password.rehash", &user.id, &json!({}));
    Ok(house.store_people.set_password(row, NewPassword::Rehashed, log).await?)
}

/// Ends a session of a user, here and on every node. One that has ended already is no failure.
async fn end_session(house: &House, principal: &Principal, user: UserId, id: SessionId) -> Result<(), Problem> {
    match end_theirs(house, principal, user, id).await {
        Err(StoreError::NotFound(_)) => Ok(()),
        other => Ok(other?),
    }
}

/// The same, where one that is not the user's is told.
async fn end_theirs(house: &House, principal: &Principal, user: UserId, id: SessionId) -> Result<(), StoreError> {
    let log = principal.did(house.clock.now(), "session.end", &id, &json!({}));
    let ended = house.store_people.end_sessions(user, Some(id), log).await;
    house.people.end(user, Some(id));
    ended.map(drop)
}

/// `GET /session`.
pub async fn show(State(worker): State<Worker>, caller: Caller) -> Answer {
    Answer::ok(&SessionTold::of(&worker.house, &caller.signed))
}

/// `DELETE /session`: signs out.
pub async fn end(State(worker): State<Worker>, caller: Caller) -> Result<Answer, Problem> {
    let Signed { session, user } = &caller.signed;
    end_session(&worker.house, &caller.principal, user.id, session.row.id).await?;
    Ok(Done::answer().with_cookie(&no_cookie()))
}

/// `GET /sessions`: where the user is signed in.
pub async fn list(State(worker): State<Worker>, caller: Caller) -> Answer {
    let house = &worker.house;
    let Signed { session, user } = &caller.signed;
    let all = house.people.sessions_of(user, house.clock.now());
    Answer::ok(&Sessions { data: all.iter().map(|one| One::of(one, session.row.id)).collect() })
}

/// `DELETE /sessions/{session}`.
pub async fn end_one(State(worker): State<Worker>, caller: Caller, Named(id): Named) -> Result<Answer, Problem> {
    let id: SessionId = id.parse().map_err(|_| Problem::not_found("session"))?;
    end_theirs(&worker.house, &caller.principal, caller.signed.user.id, id).await?;
    Ok(Done::answer())
}

/// `DELETE /sessions`: all but the one that asks.
pub async fn end_others(State(worker): State<Worker>, caller: Caller) -> Result<Answer, Problem> {
    others(&worker.house, &caller).await?;
    Ok(Done::answer())
}

/// Ends every session of a caller but theirs.
pub async fn others(house: &House, caller: &Caller) -> Result<(), Problem> {
    let Signed { session, user } = &caller.signed;
    for other in house.people.sessions_of(user, house.clock.now()) {
        if other.row.id != session.row.id {
            end_session(house, &caller.principal, user.id, other.row.id).await?;
        }
    }
    Ok(())
}
