//! Accounts: the first operator, signing up, proving an address. In: addresses, names, passwords, tokens. Out: letters, and
//! the same answer whether an address is known or not. Never here: signing in (sessions).

use super::{patient, place_of};
use crate::api::gate::Ticket;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Input};
use crate::api::schema::{Email, Name, Password, Shown, Slug};
use crate::api::workspaces::{slug_of, slug_problem};
use crate::house::{House, Worker};
use crate::limits::{RESET_TIME, SETUP_TIME, VERIFY_TIME};
use crate::mail::Letters;
use crate::people::folded;
use crate::settings::Registration;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::port::{AuditEntry, Change, InvitationRow, MailedKind, NewUser, StoreError, UserRow, WorkspaceRow};
use units::{Secret, Timestamp, UserId, WorkspaceId};

/// What the first operator is made of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The token of `setup.token`.
    token: String,
    #[schemars(with = "Email")]
    email: String,
    #[schemars(with = "Password")]
    password: String,
    #[schemars(with = "Name")]
    name: String,
}

/// What a new user is made of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    #[schemars(with = "Email")]
    email: String,
    #[schemars(with = "Password")]
    password: String,
    #[schemars(with = "Name")]
    name: String,
    /// The name of a workspace of their own; unsaid, it has theirs. Who comes by an invitation gets one only when it is named.
    #[schemars(with = "Option<Name>")]
    workspace: Option<String>,
    /// The short name of that workspace.
    #[schemars(with = "Option<Slug>")]
    slug: Option<String>,
    /// The token of an invitation, which proves the address as well.
    invitation: Option<String>,
}

/// A token of a letter.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MailedToken")]
pub struct Token {
    /// Its text.
    pub token: String,
}

/// An address that a letter is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// As it is written.
    pub email: String,
}

/// A letter may be on its way.
#[derive(Serialize, JsonSchema)]
pub struct Sent {
    sent: bool,
}

impl Sent {
    /// The answer whatever was done.
    pub fn answer() -> Answer {
        Answer::accepted(&Self { sent: true })
    }
}

/// It is done.
#[derive(Serialize, JsonSchema)]
pub struct Done {
    done: bool,
}

impl Done {
    /// The answer.
    pub fn answer() -> Answer {
        Answer::ok(&Self { done: true })
    }
}

/// A user as the API tells them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub struct UserTold {
    id: Shown<UserId>,
    email: String,
    name: String,
    /// Whether they run the platform.
    operator: bool,
    created_at: Shown<Timestamp>,
    /// When the address was proved to be theirs.
    verified_at: Option<Shown<Timestamp>>,
    /// When they were shut out.
    disabled_at: Option<Shown<Timestamp>>,
}

impl UserTold {
    /// Of its record.
    pub fn of(row: &UserRow) -> Self {
        Self {
            id: Shown(row.id),
            email: row.email.clone(),
            name: row.name.clone(),
            operator: row.operator,
            created_at: Shown(row.created_at),
            verified_at: row.verified_at.map(Shown),
            disabled_at: row.disabled_at.map(Shown),
        }
    }
}

fn nothing() -> Value {
    Value::Object(Map::new())
}

/// A token with which the first operator makes themselves a user, when there is none yet. `kept` is one of an earlier start.
///
/// # Errors
/// When the store does not answer.
pub async fn setup_token(house: &House, kept: Option<&str>) -> Result<Option<Secret<String>>, StoreError> {
    if house.people.has_operator() {
        return Ok(None);
    }
    let now = house.clock.now();
    if let Some(text) = kept {
        let digest = house.vault.digest(text);
        if house.store_people.find_mailed(digest, now).await?.is_some_and(|row| row.kind == MailedKind::Setup) {
            return Ok(Some(Secret::new(text.to_owned())));
        }
    }
    let (text, row) = house.mailed(None, MailedKind::Setup, SETUP_TIME);
    let log = AuditEntry {
        at: now,
        actor: "start".into(),
        action: "setup.offer".into(),
        detail: "{}".into(),
        ..AuditEntry::default()
    };
    house.store_people.keep_mailed(row, log).await?;
    Ok(Some(text))
}

/// `POST /setup`: makes the first operator, once.
pub async fn setup(
    State(worker): State<Worker>,
    ticket: Ticket,
    Input(new): Input<Setup>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    checks.name("name", &new.name);
    checks.email("email", &new.email);
    checks.password("password", &new.password);
    checks.done()?;
    let digest = house.vault.digest(new.token.trim());
    let known = house.store_people.find_mailed(digest, house.clock.now()).await?;
    if house.people.has_operator() || known.is_none_or(|row| row.kind != MailedKind::Setup) {
        return Err(Problem::token());
    }
    let user = user_row(house, &new.email, &new.name, true);
    let user = UserRow { operator: true, ..user };
    let method = house.password_row(user.id, Secret::new(new.password)).await?;
    let log = AuditEntry {
        actor: user.email.clone(),
        ..ticket.principal.did(user.created_at, "setup.done", &user.id, &nothing())
    };
    let told = UserTold::of(&user);
    let new = NewUser { user, method, workspace: None, verify: None, invitation: None, setup: Some(digest) };
    house.store_people.register(new, log).await.map_err(no_token)?;
    house.reload(Change::People).await?;
    Ok(Answer::created(&told))
}

fn no_token(error: StoreError) -> Problem {
    match error {
        StoreError::NotFound(_) => Problem::token(),
        other => other.into(),
    }
}

fn user_row(house: &House, email: &str, name: &str, verified: bool) -> UserRow {
    let now = house.clock.now();
    UserRow {
        id: UserId::new(now, house.ten()),
        email: email.trim().to_owned(),
        folded: folded(email),
        name: name.trim().to_owned(),
        created_at: now,
        verified_at: verified.then_some(now),
        disabled_at: None,
        operator: false,
        epoch: 0,
    }
}

/// `POST /register`: a letter proves the address. Who has an account already gets another letter, and the same answer.
pub async fn register(
    State(worker): State<Worker>,
    ticket: Ticket,
    Input(new): Input<Register>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    allowed(house, &new)?;
    let mut checks = checked(house, &new);
    // A token is looked at when the rest is right, so that all that is wrong is told at once.
    let invitation = if checks.is_empty() { invitation(house, &new).await? } else { None };
    if invitation.as_ref().is_some_and(|row| row.folded != folded(&new.email)) {
        checks.add("email", "the invitation is to another address");
    }
    checks.done()?;
    let now = house.clock.now();
    let user = user_row(house, &new.email, &new.name, invitation.is_some());
    let method = house.password_row(user.id, Secret::new(new.password.clone())).await?;
    let workspace = own_workspace(house, &new, invitation.is_some());
    let (text, token) = house.mailed(Some(user.id), MailedKind::Verify, VERIFY_TIME);
    let log = AuditEntry {
        actor: user.email.clone(),
        workspace: workspace.as_ref().map(|row| row.id),
        ..ticket.principal.did(now, "user.register", &user.id, &nothing())
    };
    let new_user = NewUser {
        user: user.clone(),
        method,
        workspace,
        verify: invitation.is_none().then_some(token),
        invitation: invitation.as_ref().map(|row| row.digest),
        setup: None,
    };
    if new_user.invitation.is_some() {
        // Who has the letter may know what becomes of it.
        keep(house, new_user, &log).await.map_err(|error| match error {
            StoreError::NotFound(_) => Problem::token(),
            other => other.into(),
        })?;
        house.reload(Change::People).await?;
        return Ok(Sent::answer());
    }
    house.store.ping().await?;
    let house = house.clone();
    behind(&worker, "register.failed", async move {
        match keep(&house, new_user, &log).await {
            Ok(()) => {
                house.reload(Change::People).await?;
                house.post.send(Letters { base: &house.settings.base() }.verify(&user.email, &text));
                Ok(())
            }
            Err(StoreError::Exists("user")) => known(&house, &ticket, &user.folded).await,
            Err(other) => Err(other.into()),
        }
    });
    Ok(Sent::answer())
}

/// Does what depends on whether an address is known behind the answer, so that the time to it tells nothing.
pub fn behind(
    worker: &Worker,
    failed: &'static str,
    work: impl Future<Output = Result<(), Problem>> + Send + 'static,
) {
    let log = worker.house.log.clone();
    worker.tasks.spawn(async move {
        if let Err(problem) = work.await {
            log.error(failed, &[("error", problem.told())]);
        }
    });
}

/// Whether this person may sign up.
fn allowed(house: &House, new: &Register) -> Result<(), Problem> {
    match house.settings.registration {
        Registration::Closed => Err(Problem::registration("Nobody can sign up here.")),
        Registration::Invited if new.invitation.is_none() => {
            Err(Problem::registration("Only who is invited can sign up here."))
        }
        _ => Ok(()),
    }
}

/// What is wrong with a new user, whatever they are invited to.
fn checked(house: &House, new: &Register) -> Checks {
    let mut checks = Checks::default();
    checks.name("name", &new.name);
    checks.email("email", &new.email);
    checks.password("password", &new.password);
    if let Some(name) = &new.workspace {
        checks.name("workspace", name);
    }
    if let Some(slug) = &new.slug {
        if let Some(told) = slug_problem(slug) {
            checks.add("slug", told);
        } else if house.workspaces.named(slug).is_some() {
            // Told of everybody: after the address was looked up it would tell of the address.
            checks.add("slug", "it is taken");
        }
    }
    checks
}

/// The invitation that somebody signs up with.
async fn invitation(house: &House, new: &Register) -> Result<Option<InvitationRow>, Problem> {
    let Some(token) = &new.invitation else { return Ok(None) };
    let digest = house.vault.digest(token.trim());
    let row = house.store_people.find_invitation(digest, house.clock.now()).await?;
    row.map(Some).ok_or_else(Problem::token)
}

fn own_workspace(house: &House, new: &Register, invited: bool) -> Option<WorkspaceRow> {
    if invited && new.workspace.is_none() {
        return None;
    }
    let name = new.workspace.as_deref().unwrap_or(&new.name).trim();
    let slug = match new.slug.clone().unwrap_or_else(|| slug_of(name)) {
        // A name in letters that no slug has.
        slug if slug.is_empty() => "workspace".to_owned(),
        slug => slug,
    };
    let now = house.clock.now();
    Some(WorkspaceRow::new(WorkspaceId::new(now, house.ten()), name.to_owned(), slug, now))
}

/// Keeps a new user; a slug that is taken gets an end of its own.
async fn keep(house: &House, new: NewUser, log: &AuditEntry) -> Result<(), StoreError> {
    let mut next = new.clone();
    loop {
        match house.store_people.register(next, log.clone()).await {
            Err(StoreError::Exists("slug")) => {
                let end: String = house.ten()[..3].iter().map(|byte| format!("{byte:02x}")).collect();
                let own = new.workspace.as_ref().map(|row| {
                    let begin: String = row.slug.chars().take(40).collect();
                    WorkspaceRow { slug: format!("{}-{end}", begin.trim_end_matches('-')), ..row.clone() }
                });
                next = NewUser { workspace: own, ..new.clone() };
            }
            other => return other,
        }
    }
}

/// Somebody signed up with the address of a user: the user hears of it, and gets a way to a new password.
async fn known(house: &House, ticket: &Ticket, folded: &str) -> Result<(), Problem> {
    let Some(user) = house.store_people.find_user(folded.to_owned()).await? else { return Ok(()) };
    if let Some(text) = way_to_password(house, ticket, &user).await? {
        house.post.send(Letters { base: &house.settings.base() }.known(&user.email, &text));
    }
    Ok(())
}

/// A token for a new password, unless the address got too many letters already, or its user is shut out.
pub async fn way_to_password(
    house: &House,
    ticket: &Ticket,
    user: &UserRow,
) -> Result<Option<Secret<String>>, Problem> {
    if user.disabled_at.is_some() || !may_write(house, &user.folded) {
        return Ok(None);
    }
    let (text, token) = house.mailed(Some(user.id), MailedKind::Reset, RESET_TIME);
    let log = ticket.principal.did(token.made_at, "password.forgotten", &user.id, &nothing());
    house.store_people.keep_mailed(token, log).await?;
    Ok(Some(text))
}

/// Whether an address may be written to once more: who asks for others' letters must not fill their boxes.
pub fn may_write(house: &House, folded: &str) -> bool {
    let (place, now) = (place_of(house, "letter", folded), house.clock.now());
    let may = patient(house, &place, now).is_ok();
    if may {
        house.backoff.failed(place, now);
    }
    may
}

/// `POST /verify`: proves an address by its token.
pub async fn verify(
    State(worker): State<Worker>,
    ticket: Ticket,
    Input(Token { token }): Input<Token>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let (digest, now) = (house.vault.digest(token.trim()), house.clock.now());
    let row = house.store_people.find_mailed(digest, now).await?;
    let user = row.filter(|row| row.kind == MailedKind::Verify).and_then(|row| row.user);
    let user = user.ok_or_else(Problem::token)?;
    let log = ticket.principal.did(now, "user.verify", &user, &nothing());
    house.store_people.verify_email(digest, now, log).await.map_err(no_token)?;
    house.reload(Change::People).await?;
    Ok(Done::answer())
}

/// `POST /verify/mail`: another letter for an address that is still to be proved.
pub async fn verify_mail(
    State(worker): State<Worker>,
    ticket: Ticket,
    Input(Address { email }): Input<Address>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    house.store.ping().await?;
    let house = house.clone();
    behind(&worker, "letter.failed", async move {
        let user = house.store_people.find_user(folded(&email)).await?;
        if let Some(user) = user.filter(|user| user.verified_at.is_none() && user.disabled_at.is_none())
            && may_write(&house, &user.folded)
        {
            let (text, token) = house.mailed(Some(user.id), MailedKind::Verify, VERIFY_TIME);
            let log = ticket.principal.did(token.made_at, "user.verify_mail", &user.id, &nothing());
            house.store_people.keep_mailed(token, log).await?;
            house.post.send(Letters { base: &house.settings.base() }.verify(&user.email, &text));
        }
        Ok(())
    });
    Ok(Sent::answer())
}
