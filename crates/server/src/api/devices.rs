//! Devices that ask for a key, as people decide about them (RFC 8628): they see what asks from where, and say yes for a workspace, or
//! no. In: the code that the device shows. Out: the device. Never here: what the device itself asks (doors/device).

use crate::api::gate::{Seated, Ticket};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Input};
use crate::api::schema::{ScopeName, Shown};
use crate::house::{House, Worker};
use crate::people::Principal;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::port::{AuditEntry, DeviceDecision, DeviceRow, DeviceState, StoreError};
use units::Timestamp;

/// The code that a device shows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    /// With or without the dash, in letters of any size.
    #[schemars(length(min = 1, max = 20))]
    user_code: String,
}

/// A device that asks for a key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Device")]
pub struct DeviceTold {
    /// What it calls itself: nobody has checked that.
    client: String,
    /// What its key would be for; empty is everything.
    #[schemars(with = "Vec<ScopeName>")]
    scopes: Vec<String>,
    /// Where it asks from.
    address: String,
    made_at: Shown<Timestamp>,
    ends_at: Shown<Timestamp>,
    /// `waiting`, `approved` or `denied`.
    #[schemars(extend("enum" = ["waiting", "approved", "denied"]))]
    state: &'static str,
}

impl DeviceTold {
    fn of(row: &DeviceRow) -> Self {
        Self {
            client: row.client.clone(),
            scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
            address: row.address.clone(),
            made_at: Shown(row.made_at),
            ends_at: Shown(row.ends_at),
            state: match row.state {
                DeviceState::Waiting => "waiting",
                DeviceState::Approved { .. } | DeviceState::Claimed => "approved",
                DeviceState::Denied => "denied",
            },
        }
    }
}

/// The device that shows this code. Who types wrong codes waits longer each time.
async fn find(house: &House, principal: &Principal, typed: &Typed) -> Result<DeviceRow, Problem> {
    let now = house.clock.now();
    // By the user: what goes well elsewhere at the same address forgives no guess.
    let who = principal.user().map_or_else(String::new, |signed| signed.user.id.to_string());
    let place = house.vault.digest(&format!("codes of devices typed by\n{who}"));
    let left = house.backoff.left(&place, now);
    if !left.is_zero() {
        return Err(Problem::wait(left));
    }
    let mut checks = Checks::default();
    let digest = house.user_code_digest(&typed.user_code);
    if digest.is_none() {
        checks.add("user_code", "expected the eight letters that the device shows");
    }
    checks.done()?;
    let found = match digest {
        Some(digest) => house.store.find_device(digest).await?.filter(|row| row.user_code == digest),
        None => None,
    };
    found.filter(|row| row.ends_at > now && row.state == DeviceState::Waiting).ok_or_else(|| {
        house.backoff.failed(place, now);
        Problem::not_found("device that waits for this code")
    })
}

/// `POST /devices/look`.
pub async fn look(
    State(worker): State<Worker>,
    Ticket { principal, .. }: Ticket,
    Input(typed): Input<Typed>,
) -> Result<Answer, Problem> {
    Ok(Answer::ok(&DeviceTold::of(&find(&worker.house, &principal, &typed).await?)))
}

/// `POST /devices/deny`.
pub async fn deny(
    State(worker): State<Worker>,
    Ticket { principal, .. }: Ticket,
    Input(typed): Input<Typed>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let row = find(house, &principal, &typed).await?;
    let now = house.clock.now();
    let log = principal.did(now, "device.deny", &row.client, &about(&row));
    decide(house, &row, DeviceDecision { user_code: row.user_code, approved: None, at: now }, log).await?;
    Ok(Answer::ok(&DeviceTold::of(&DeviceRow { state: DeviceState::Denied, ..row })))
}

/// `POST /workspaces/{workspace}/devices`: the device may have a key of this workspace, which belongs to who says so.
pub async fn approve(
    State(worker): State<Worker>,
    seated: Seated,
    Input(typed): Input<Typed>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let workspace = seated.seat.workspace.id;
    let row = find(house, &seated.principal, &typed).await?;
    let member = seated.principal.user().filter(|signed| house.people.role(workspace, signed.user.id).is_some());
    let Some(signed) = member else {
        return Err(Problem::forbidden("Only members approve devices: the key belongs to who approves."));
    };
    let user = signed.user.id;
    let now = house.clock.now();
    let log = seated.did(now, "device.approve", &row.client, (None, Some(about(&row))));
    let decision = DeviceDecision { user_code: row.user_code, approved: Some((workspace, user)), at: now };
    decide(house, &row, decision, log).await?;
    Ok(Answer::ok(&DeviceTold::of(&DeviceRow { state: DeviceState::Approved { workspace, user }, ..row })))
}

/// What the log keeps of a device.
fn about(row: &DeviceRow) -> serde_json::Value {
    json!({ "client": row.client, "scopes": row.scopes, "address": row.address })
}

async fn decide(house: &House, row: &DeviceRow, decision: DeviceDecision, log: AuditEntry) -> Result<(), Problem> {
    debug_assert_eq!(row.user_code, decision.user_code);
    house.store.decide_device(decision, log).await.map_err(|error| match error {
        // Somebody was faster, or it is too late by now.
        StoreError::NotFound(_) => Problem::not_found("device that waits for this code"),
        error => error.into(),
    })
}
