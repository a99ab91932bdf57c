//! The second factor: one-time codes, enrolled, confirmed, asked for, taken away; recovery codes, shown once. In: codes.
//! Out: a session that is surer. Never here: how a code is computed (people/totp.rs of the server).

use super::account::Done;
use super::sessions::{Opening, SessionTold, open, others};
use super::{patient, place_of};
use crate::api::gate::Caller;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Input};
use crate::api::schema::Shown;
use crate::house::{House, Worker};
use crate::limits::{CODES_WRONG_MAX, RECOVERY_CODES};
use crate::people::{Totp, base32, seed_place};
use axum::extract::State;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::port::{Change, MethodKind, MethodRow};
use units::{MethodId, Secret, Timestamp, UserId};

/// A code, of the app or for recovery.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecondFactorCode")]
pub struct Code {
    code: Option<String>,
    recovery_code: Option<String>,
}

/// A code of the app.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecondFactorConfirm")]
pub struct Confirm {
    code: String,
}

/// A seed for the app, in this answer and nowhere else.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecondFactorSeed")]
pub struct Seed {
    secret: String,
    /// What a QR code shows.
    uri: String,
}

/// Codes for who loses the app, in this answer and nowhere else.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecondFactorConfirmed")]
pub struct Confirmed {
    recovery_codes: Vec<String>,
    session: SessionTold,
}

/// Whether a code is asked for at a sign-in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecondFactor")]
pub struct SecondFactorTold {
    /// Since when; null is not at all.
    confirmed_at: Option<Shown<Timestamp>>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 20]> {
    let mut seed = [0; 20];
    for (n, byte) in seed.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(seed)
}

/// The codes of a sealed seed.
async fn opened(house: &House, row: &MethodRow) -> Result<Totp, Problem> {
    let opened = house.unseal(&seed_place(row.id), row.secret.expose()).await;
    let text = opened.map_err(|_| Problem::internal())?;
    unhex(text.expose()).map(|seed| Totp::new(&seed)).ok_or_else(Problem::internal)
}

async fn method(house: &House, user: UserId, confirmed: bool) -> Result<MethodRow, Problem> {
    let methods = house.store_people.methods_of(user).await?;
    let mut found = methods.into_iter().filter(|method| method.kind == MethodKind::Totp);
    let found = found.find(|method| method.confirmed_at.is_some() == confirmed);
    found.ok_or_else(|| Problem::not_found("second factor"))
}

/// The digest of a recovery code, however its letters and dashes are written.
fn recovery_digest(house: &House, user: UserId, code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    house.vault.digest(&format!("recovery {user}\n{}", plain.to_ascii_uppercase()))
}

/// `GET /totp`.
pub async fn show(State(worker): State<Worker>, caller: Caller) -> Result<Answer, Problem> {
    let methods = worker.house.store_people.methods_of(caller.signed.user.id).await?;
    let mut seeds = methods.iter().filter(|method| method.kind == MethodKind::Totp);
    let confirmed_at = seeds.find_map(|method| method.confirmed_at).map(Shown);
    Ok(Answer::ok(&SecondFactorTold { confirmed_at }))
}

/// `POST /totp`: a new seed, which counts once a code of it was given.
pub async fn enrol(State(worker): State<Worker>, caller: Caller) -> Result<Answer, Problem> {
    let house = &worker.house;
    let user = &caller.signed.user;
    let mut seed = [0; 20];
    house.chance.fill(&mut seed);
    let now = house.clock.now();
    let id = MethodId::new(now, house.ten());
    let row = MethodRow {
        id,
        user: user.id,
        kind: MethodKind::Totp,
        subject: String::new(),
        secret: Secret::new(house.vault.seal(&seed_place(id), &hex(&seed), &*house.chance)),
        created_at: now,
        confirmed_at: None,
        counter: 0,
    };
    let log = caller.principal.did(now, "totp.enrol", &id, &json!({}));
    house.store_people.enrol_totp(row, log).await?;
    let secret = base32(&seed);
    let name = utf8_percent_encode(&user.email, NON_ALPHANUMERIC);
    let uri = format!("otpauth://totp/Tollgate:{name}?secret={secret}&issuer=Tollgate");
    Ok(Answer::created(&Seed { secret, uri }))
}

/// `POST /totp/confirm`: from now on a code is asked for. Everywhere else the user is signed out.
pub async fn confirm(
    State(worker): State<Worker>,
    caller: Caller,
    Input(Confirm { code }): Input<Confirm>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let user = &caller.signed.user;
    let (at, now) = (place_of(house, "sign in", &user.folded), house.clock.now());
    patient(house, &at, now)?;
    let row = method(house, user.id, false).await?;
    let Some(step) = opened(house, &row).await?.step_of(&code, now) else {
        house.backoff.failed(at, now);
        return Err(Problem::code(false));
    };
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| base32(&house.ten())).collect();
    let digests = codes.iter().map(|code| recovery_digest(house, user.id, code)).collect();
    let log = caller.principal.did(now, "totp.confirm", &row.id, &json!({ "recovery_codes": codes.len() }));
    house.store_people.confirm_totp(row.id, step, digests, log).await?;
    house.reload(Change::People).await?;
    others(house, &caller).await?;
    let grouped = |code: &String| {
        let four: Vec<&str> = (0..code.len()).step_by(4).filter_map(|n| code.get(n..n + 4)).collect();
        four.join("-")
    };
    let (user, replaces) = (user.clone(), Some(caller.signed.session.row.id));
    let opening = Opening { principal: &caller.principal, user, aal: 2, replaces, action: "session.elevate" };
    let opened = open(house, opening).await?;
    let told = Confirmed { recovery_codes: codes.iter().map(grouped).collect(), session: opened.told };
    Ok(Answer::created(&told).with_cookie(&opened.cookie))
}

/// Whether a code is one; a wrong one is counted.
async fn given(house: &House, caller: &Caller, code: &Code) -> Result<bool, Problem> {
    let user = &caller.signed.user;
    let mut checks = Checks::default();
    if code.code.is_some() == code.recovery_code.is_some() {
        checks.add("code", "expected either this or recovery_code");
    }
    checks.done()?;
    let (at, now) = (place_of(house, "sign in", &user.folded), house.clock.now());
    patient(house, &at, now)?;
    let row = method(house, user.id, true).await?;
    let right = match (&code.code, &code.recovery_code) {
        (Some(code), _) => match opened(house, &row).await?.step_of(code, now) {
            Some(step) => house.store_people.take_step(row.id, step).await?,
            None => false,
        },
        (None, Some(code)) => {
            let log = caller.principal.did(now, "totp.recovery", &row.id, &json!({}));
            house.store_people.take_recovery(user.id, recovery_digest(house, user.id, code), log).await?
        }
        (None, None) => false,
    };
    match right {
        true => house.backoff.passed(&at),
        false => house.backoff.failed(at, now),
    }
    Ok(right)
}

/// `POST /session/code`: completes a sign-in; so many wrong codes in a row end it.
pub async fn sign_in(
    State(worker): State<Worker>,
    caller: Caller,
    Input(code): Input<Code>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let (user, half) = (caller.signed.user.clone(), caller.signed.session.row.id);
    if !given(house, &caller, &code).await? {
        let tries = house.store_people.wrong_code(half, CODES_WRONG_MAX).await?;
        let ended = tries >= CODES_WRONG_MAX;
        if ended {
            house.people.end(user.id, Some(half));
        }
        return Err(Problem::code(ended));
    }
    let (principal, replaces) = (&caller.principal, Some(half));
    let opening = Opening { principal, user, aal: 2, replaces, action: "session.elevate" };
    Ok(open(house, opening).await?.answer())
}

/// `POST /totp/remove`: takes the second factor away, by one more code of it.
pub async fn remove(
    State(worker): State<Worker>,
    caller: Caller,
    Input(code): Input<Code>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    if !given(house, &caller, &code).await? {
        return Err(Problem::code(false));
    }
    let user = caller.signed.user.id;
    let log = caller.principal.did(house.clock.now(), "totp.remove", &user, &json!({}));
    house.store_people.drop_totp(user, log).await?;
    Ok(Done::answer())
}
