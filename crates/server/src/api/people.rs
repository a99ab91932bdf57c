//! People over the API: signing up and in, second factors, members, invitations. In: tickets of the gate, JSON. Out: answers
//! that never say whether an address is known. Never here: who may come in (routes, gate), SQL.

pub mod account;
pub mod invitations;
pub mod members;
pub mod password;
pub mod sessions;
pub mod totp;
pub mod users;

pub use account::setup_token;

use crate::api::problem::Problem;
use crate::house::House;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::Duration;
use store::port::{MailedKind, MailedRow, MethodKind, MethodRow};
use units::{MethodId, Secret, Timestamp, UserId};

/// Where the failed sign-ins of an address are counted, whether anybody has it or not.
fn place_of(house: &House, what: &str, folded: &str) -> [u8; 32] {
    house.vault.digest(&format!("{what}\n{folded}"))
}

/// Refuses whoever failed too often with this address.
fn patient(house: &House, place: &[u8; 32], now: Timestamp) -> Result<(), Problem> {
    let left = house.backoff.left(place, now);
    if left.is_zero() { Ok(()) } else { Err(Problem::wait(left.max(Duration::from_secs(1)))) }
}

impl House {
    /// A new secret of 256 bits, and its digest.
    fn secret_text(&self) -> (Secret<String>, [u8; 32]) {
        let mut random = [0; 32];
        self.chance.fill(&mut random);
        let text = URL_SAFE_NO_PAD.encode(random);
        let digest = self.vault.digest(&text);
        (Secret::new(text), digest)
    }

    /// A password as it is kept.
    async fn password_row(&self, user: UserId, password: Secret<String>) -> Result<MethodRow, Problem> {
        let mut salt = [0; 16];
        self.chance.fill(&mut salt);
        let kept = self.hasher.hash(password, salt).await?;
        let now = self.clock.now();
        Ok(MethodRow {
            id: MethodId::new(now, self.ten()),
            user,
            kind: MethodKind::Password,
            subject: String::new(),
            secret: Secret::new(kept.expose().clone().into_bytes()),
            created_at: now,
            confirmed_at: Some(now),
            counter: 0,
        })
    }

    /// A token for a letter, as it is sent and as it is kept.
    fn mailed(&self, user: Option<UserId>, kind: MailedKind, lasts: Duration) -> (Secret<String>, MailedRow) {
        let (text, digest) = self.secret_text();
        let made_at = self.clock.now();
        (text, MailedRow { digest, user, kind, made_at, ends_at: made_at.plus(lasts) })
    }
}

/// The PHC text of a user's password.
fn kept_password(methods: &[MethodRow]) -> Option<Secret<String>> {
    let row = methods.iter().find(|method| method.kind == MethodKind::Password)?;
    String::from_utf8(row.secret.expose().clone()).ok().map(Secret::new)
}
