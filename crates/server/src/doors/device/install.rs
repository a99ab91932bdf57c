//! A set-up script changes its token for a key, once. In: the token, the name of the machine. Out: the key, named after it. Never here:
//! who may make tokens (api/install_tokens), the script (pages).

use super::{Refusal, claim, heard, refusal, unstored};
use crate::address;
use crate::device::INSTALL_BEGINS;
use crate::house::Worker;
use crate::limits::{DEVICE_BODY_BYTES_MAX, NAME_CHARS_MAX};
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use store::port::{DeviceRow, DeviceState};

/// What a script sends.
#[derive(Deserialize)]
struct Asked {
    token: String,
    host: Option<String>,
}

/// `POST /api/device/install`: JSON with `token` and perhaps `host`.
pub(super) async fn install(State(worker): State<Worker>, request: Request) -> Result<Response, Refusal> {
    let house = &worker.house;
    let (now, from) = (house.clock.now(), address::client(&request, &house.settings.trusted_proxies));
    heard(house, from, now)?;
    let invalid = |told| refusal("invalid_request", told);
    let body = to_bytes(request.into_body(), DEVICE_BODY_BYTES_MAX).await;
    let body = body.map_err(|_| invalid("The body could not be read, or is too large."))?;
    let asked: Asked =
        serde_json::from_slice(&body).map_err(|_| invalid("Expected JSON with `token` and `host`."))?;
    let gone =
        || refusal("invalid_grant", "The token is none, it was used, or its time is over; make another one.");
    if !asked.token.starts_with(INSTALL_BEGINS) {
        return Err(gone());
    }
    let digest = house.device_digest(&asked.token);
    let found = house.store.find_device(digest).await.map_err(|error| unstored(house, &error))?;
    let device = found.filter(|device| device.id == digest && device.ends_at > now).ok_or_else(gone)?;
    let DeviceState::Approved { workspace, user } = device.state else { return Err(gone()) };
    let client = named(&device.client, asked.host.as_deref().unwrap_or(""));
    claim(house, &DeviceRow { client, ..device }, (workspace, user), now).await
}

/// `Claude Code on HOST`, where the machine has a name of plain letters.
fn named(client: &str, host: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let host: String = host.chars().filter(plain).collect();
    let name = if host.is_empty() { client.to_owned() } else { format!("{client} on {host}") };
    name.chars().take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_after_machines() {
        assert_eq!(named("Claude Code", "box-1.lan"), "Claude Code on box-1.lan");
        assert_eq!(named("Claude Code", "\n\u{202e}\"<b>"), "Claude Code on b");
        assert_eq!(named("Claude Code", ""), "Claude Code");
        assert_eq!(named("Claude Code", &"x".repeat(1_000)).chars().count(), NAME_CHARS_MAX);
    }
}
