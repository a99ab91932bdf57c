//! Passwords: changed by who knows the old one, or set anew by a letter. In: passwords, tokens. Out: every session of before
//! ended. Never here: how a password is kept (people/password.rs of the server).

use super::account::{Address, Done, Sent, behind, way_to_password};
use super::sessions::{Opening, open};
use super::{kept_password, patient, place_of};
use crate::api::gate::{Caller, Ticket};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Input};
use crate::api::schema::Password;
use crate::house::{House, Worker};
use crate::mail::Letters;
use crate::people::folded;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::port::{Change as News, MailedKind, NewPassword, StoreError};
use units::{Secret, UserId};

/// A new password for a user who knows the old one.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasswordChange")]
pub struct Change {
    current: String,
    #[schemars(with = "Password")]
    password: String,
}

/// A new password for who has the letter.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasswordReset")]
pub struct Reset {
    token: String,
    #[schemars(with = "Password")]
    password: String,
}

/// `POST /password`: ends every session, and opens a new one for who asks.
pub async fn change(
    State(worker): State<Worker>,
    caller: Caller,
    Input(new): Input<Change>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let user = &caller.signed.user;
    let (place, now) = (place_of(house, "sign in", &user.folded), house.clock.now());
    patient(house, &place, now)?;
    let mut checks = Checks::default();
    checks.password("password", &new.password);
    let methods = house.store_people.methods_of(user.id).await?;
    if !house.hasher.verify(Secret::new(new.current), kept_password(&methods)).await?.right {
        house.backoff.failed(place, now);
        checks.add("current", "this is not your password");
    }
    checks.done()?;
    let row = house.password_row(user.id, Secret::new(new.password)).await?;
    let log = caller.principal.did(now, "password.change", &user.id, &json!({}));
    house.store_people.set_password(row, NewPassword::Changed, log).await?;
    gone(house, user.id).await?;
    house.post.send(Letters { base: &house.settings.base() }.changed(&user.email, now));
    let user = house.people.user(user.id).ok_or_else(Problem::internal)?;
    let (principal, aal) = (&caller.principal, caller.signed.session.row.aal);
    let opening = Opening { principal, user, aal, replaces: None, action: "session.create" };
    Ok(open(house, opening).await?.answer())
}

/// Every session of a user has ended in the store: they end here too.
async fn gone(house: &House, user: UserId) -> Result<(), Problem> {
    house.people.end(user, None);
    Ok(house.reload(News::People).await?)
}

/// `POST /password/forgotten`: a letter, if anybody has the address.
pub async fn forgotten(
    State(worker): State<Worker>,
    ticket: Ticket,
    Input(Address { email }): Input<Address>,
) -> Result<Answer, Problem> {
    worker.house.store.ping().await?;
    let house = worker.house.clone();
    behind(&worker, "letter.failed", async move {
        if let Some(user) = house.store_people.find_user(folded(&email)).await?
            && let Some(text) = way_to_password(&house, &ticket, &user).await?
        {
            house.post.send(Letters { base: &house.settings.base() }.reset(&user.email, &text));
        }
        Ok(())
    });
    Ok(Sent::answer())
}

/// `POST /password/reset`: by the token of the letter, which proves the address as well.
pub async fn reset(
    State(worker): State<Worker>,
    ticket: Ticket,
    Input(new): Input<Reset>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    checks.password("password", &new.password);
    checks.done()?;
    let (digest, now) = (house.vault.digest(new.token.trim()), house.clock.now());
    let row = house.store_people.find_mailed(digest, now).await?;
    let user = row.filter(|row| row.kind == MailedKind::Reset).and_then(|row| row.user);
    let user = user.ok_or_else(Problem::token)?;
    let row = house.password_row(user, Secret::new(new.password)).await?;
    let log = ticket.principal.did(now, "password.reset", &user, &json!({}));
    let set = house.store_people.set_password(row, NewPassword::Reset(digest), log).await;
    set.map_err(|error| match error {
        StoreError::NotFound(_) => Problem::token(),
        other => other.into(),
    })?;
    gone(house, user).await?;
    if let Some(user) = house.people.user(user) {
        house.backoff.passed(&place_of(house, "sign in", &user.folded));
        house.post.send(Letters { base: &house.settings.base() }.changed(&user.email, now));
    }
    Ok(Done::answer())
}
