//! The device authorization flow (RFC 8628): a device asks for codes, shows one, and asks with the other until somebody has decided
//! about it in a browser; then it gets a key of theirs, once. In: forms or JSON of devices. Out: the answers of the RFC.
//! Never here: who may decide (api/devices), how codes are made (device).

mod install;

use crate::address;
use crate::api::new_key;
use crate::entry::Door;
use crate::house::{House, Worker};
use crate::limits::{
    DEVICE_BODY_BYTES_MAX, DEVICE_INTERVAL, DEVICE_TIME, DEVICES_MAX, DEVICES_RETRY, NAME_CHARS_MAX,
};
use crate::people::is_from_here;
use crate::surface::DEVICES;
use crate::visit::{self, Code};
use admit::{KeyRules, Scope};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::IpAddr;
use store::port::{AuditEntry, DeviceRow, DeviceState, Role, StoreError};
use units::{Timestamp, UserId, WorkspaceId};

/// What a device says to ask for its key.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The paths. People decide at a page of the console.
pub fn router(worker: &Worker) -> Router<Worker> {
    let door = Door { surface: &DEVICES, endpoint: visit::UNKNOWN, dialect: None };
    let at = |path: &str| format!("{}{path}", DEVICES.base);
    let all = Router::new().route(&at("/code"), post(code)).route(&at("/token"), post(token));
    let all = all.route(&at("/install"), post(install::install));
    all.layer(from_fn_with_state((worker.house.clone(), door), visit::attend))
}

/// An answer that says why not, in the words of the RFC.
#[derive(Debug)]
struct Refusal {
    error: &'static str,
    told: String,
    wait: Option<u64>,
}

fn refusal(error: &'static str, told: impl Into<String>) -> Refusal {
    Refusal { error, told: told.into(), wait: None }
}

/// What the store refused is nothing that a device can mend.
fn unstored(house: &House, error: &StoreError) -> Refusal {
    if matches!(error, StoreError::Full(_)) {
        let told = "Too many devices wait to be decided about; try again in a while.";
        return Refusal { wait: Some(DEVICES_RETRY.as_secs()), ..refusal("temporarily_unavailable", told) };
    }
    house.log.error("device.failed", &[("error", &error.to_string())]);
    match error {
        StoreError::Unavailable(_) => refusal("temporarily_unavailable", "The store does not answer; try again."),
        _ => refusal("server_error", "Something is wrong on our side."),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.error {
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            "address_blocked" => StatusCode::FORBIDDEN,
            "too_many_devices" => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut response = told(status, &json!({ "error": self.error, "error_description": self.told }));
        if let Some(seconds) = self.wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Code(self.error));
        response
    }
}

fn told(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, Bytes::from(body.to_string())).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What a device sends; fields that the RFC does not know are passed over.
#[derive(Default, Deserialize)]
struct Asked {
    client_id: Option<String>,
    scope: Option<String>,
    grant_type: Option<String>,
    device_code: Option<String>,
}

async fn read(house: &House, request: Request) -> Result<Asked, Refusal> {
    let invalid = |told| refusal("invalid_request", told);
    // Devices are no pages of others: what one sends from a visitor's browser would count against the visitor.
    if !is_from_here(house.settings.public_url.as_deref(), request.headers()) {
        return Err(invalid("It was sent by a page of somebody else."));
    }
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    let is_json = kind.eq_ignore_ascii_case("application/json");
    if !is_json && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(invalid("Expected a form or JSON, and its content type."));
    }
    let body = to_bytes(request.into_body(), DEVICE_BODY_BYTES_MAX);
    let body = body.await.map_err(|_| invalid("The body could not be read, or is too large."))?;
    let asked = match is_json {
        true => serde_json::from_slice(&body).map_err(drop),
        false => form(&body).ok_or(()),
    };
    asked.map_err(|()| invalid("Expected the fields of RFC 8628, each once, as a form or as JSON."))
}

/// The fields of a form; none where one comes twice.
fn form(body: &[u8]) -> Option<Asked> {
    let mut asked = Asked::default();
    for (name, value) in form_urlencoded::parse(body) {
        let field = match &*name {
            "client_id" => &mut asked.client_id,
            "scope" => &mut asked.scope,
            "grant_type" => &mut asked.grant_type,
            "device_code" => &mut asked.device_code,
            _ => continue,
        };
        if field.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    Some(asked)
}

/// Refuses an address that guesses.
fn heard(house: &House, from: Option<IpAddr>, now: Timestamp) -> Result<(), Refusal> {
    let until = from.and_then(|from| house.limiter.blocked(from, now));
    until.map_or(Ok(()), |until| {
        let wait = Some(until.since(now).as_secs().max(1));
        Err(Refusal { wait, ..refusal("address_blocked", "Too many failed tries from this address.") })
    })
}

/// `POST /api/device/code`: two codes, and where people type the shorter one.
async fn code(State(worker): State<Worker>, request: Request) -> Result<Response, Refusal> {
    let house = &worker.house;
    let (now, from) = (house.clock.now(), address::client(&request, &house.settings.trusted_proxies));
    heard(house, from, now)?;
    let asked = read(house, request).await?;
    let client = asked.client_id.as_deref().unwrap_or("").trim().to_owned();
    if client.is_empty() || client.chars().count() > NAME_CHARS_MAX || client.chars().any(turns) {
        let told = format!("client_id: expected what the device calls itself, 1 to {NAME_CHARS_MAX} characters.");
        return Err(refusal("invalid_request", told));
    }
    let scopes = scopes_of(asked.scope.as_deref().unwrap_or(""))?;
    if !house.devices.may_begin(from, now) {
        let wait = Some(DEVICE_TIME.as_secs());
        return Err(Refusal { wait, ..refusal("too_many_devices", "Too many devices began at this address.") });
    }
    let (device_code, user_code) = (house.device_code(), house.user_code());
    let row = DeviceRow {
        id: house.device_digest(device_code.expose()),
        user_code: house.user_code_digest(&user_code).unwrap_or_default(),
        client,
        scopes: words(&scopes),
        address: from.map(|from| from.to_string()).unwrap_or_default(),
        made_at: now,
        ends_at: now.plus(DEVICE_TIME),
        state: DeviceState::Waiting,
    };
    house.store.begin_device(row, DEVICES_MAX).await.map_err(|error| unstored(house, &error))?;
    let page = format!("{}/device", house.settings.base());
    Ok(told(
        StatusCode::OK,
        &json!({
            "device_code": device_code.expose(), "user_code": user_code, "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={user_code}"),
            "expires_in": DEVICE_TIME.as_secs(), "interval": DEVICE_INTERVAL.as_secs(),
        }),
    ))
}

/// Whether a character is not seen, or turns others around: what people read would not be what was sent.
fn turns(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn scopes_of(text: &str) -> Result<Vec<Scope>, Refusal> {
    let known = || Scope::ALL.map(Scope::name).join(", ");
    let read = |word: &str| {
        let told = || format!("scope: there is no \"{}\"; there are {}.", word.escape_debug(), known());
        Scope::from_name(word).ok_or_else(|| refusal("invalid_scope", told()))
    };
    let named: Vec<Scope> = text.split_whitespace().map(read).collect::<Result<_, _>>()?;
    Ok(Scope::ALL.into_iter().filter(|scope| named.contains(scope)).collect())
}

fn words(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ")
}

/// `POST /api/device/token`: the key, when somebody has approved the device.
async fn token(State(worker): State<Worker>, request: Request) -> Result<Response, Refusal> {
    let house = &worker.house;
    let (now, from) = (house.clock.now(), address::client(&request, &house.settings.trusted_proxies));
    heard(house, from, now)?;
    let asked = read(house, request).await?;
    if asked.grant_type.as_deref() != Some(GRANT) {
        return Err(refusal("unsupported_grant_type", format!("Expected {GRANT}.")));
    }
    let digest = house.device_digest(asked.device_code.as_deref().unwrap_or(""));
    let found = house.store.find_device(digest).await.map_err(|error| unstored(house, &error))?;
    let device = found.filter(|device| device.id == digest);
    let Some(device) = device else {
        // It has 256 bits: there is nothing to guess, and so nothing to count.
        return Err(refusal("invalid_grant", "There is no such device, or it is too late for it."));
    };
    if device.ends_at <= now {
        return Err(refusal("expired_token", "It is too late for this code; begin again."));
    }
    if house.devices.is_too_soon(digest, now) {
        return Err(refusal("slow_down", "Wait five seconds longer each time from now on."));
    }
    match device.state {
        DeviceState::Waiting => Err(refusal("authorization_pending", "Nobody has decided yet.")),
        DeviceState::Denied => Err(refusal("access_denied", "It was denied.")),
        DeviceState::Claimed => Err(refusal("invalid_grant", "It has its key already.")),
        DeviceState::Approved { workspace, user } => claim(house, &device, (workspace, user), now).await,
    }
}

/// Where the key tells whose it is, and calls models.
fn base_of(house: &House) -> String {
    let fit = house.surfaces.iter().find(|surface| surface.families.account);
    let first = fit.or_else(|| house.surfaces.iter().next());
    format!("{}{}", house.settings.base(), first.map_or("", |surface| &*surface.base))
}

/// Makes the key of an approved device, and tells it.
async fn claim(
    house: &House,
    device: &DeviceRow,
    (workspace, user): (WorkspaceId, UserId),
    now: Timestamp,
) -> Result<Response, Refusal> {
    let gone = || refusal("access_denied", "Who approved it may not make keys there any more.");
    let approver = house.people.user(user).filter(|row| row.disabled_at.is_none()).ok_or_else(gone)?;
    let may = house.people.role(workspace, user).is_some_and(Role::has_keys);
    let place = house.workspaces.find(workspace).filter(|_| may).ok_or_else(gone)?;
    let scopes = scopes_of(&device.scopes)?;
    let rules = KeyRules { scopes: Some(scopes).filter(|scopes| !scopes.is_empty()), ..KeyRules::default() };
    let (mut row, text) = new_key(house, workspace, &device.client, now);
    (row.rules, row.owner, row.created_by) = (rules, Some(user), approver.email.clone());
    let log = AuditEntry {
        at: now,
        actor: approver.email.clone(),
        action: "key.create".into(),
        object: row.id.to_string(),
        detail: json!({ "device": device.client }).to_string(),
        workspace: Some(workspace),
        address: device.address.clone(),
        ..AuditEntry::default()
    };
    let gate = house.keys.gate.lock().await;
    house.store.claim_device(device.id, row.clone(), log).await.map_err(|error| match error {
        StoreError::NotFound("device") => refusal("invalid_grant", "It has its key already."),
        StoreError::NotFound(_) => gone(),
        error => unstored(house, &error),
    })?;
    house.keys.put(row.clone());
    drop(gate);
    Ok(told(
        StatusCode::OK,
        &json!({
            "access_token": text.expose(), "token_type": "Bearer", "scope": device.scopes, "key_id": row.id.to_string(),
            "workspace": { "id": workspace.to_string(), "name": place.name, "slug": place.slug },
            "base_url": base_of(house),
        }),
    ))
}
