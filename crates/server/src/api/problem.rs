//! Problems of the management API (RFC 9457). In: what is wrong. Out: `application/problem+json`.
//! Never here: the error styles of model endpoints.

use crate::house::HouseError;
use crate::limits::LEDGER_RETRY;
use crate::people::Busy;
use crate::visit::Code;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;
use store::port::StoreError;

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldProblem {
    /// Where (`model[2].price.input`).
    pub field: String,
    /// What is wrong and what was expected.
    pub detail: String,
}

/// A problem (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong, for people.
    detail: String,
    /// What is wrong, for programs.
    code: &'static str,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// Seconds after which another try may go better.
    #[serde(skip)]
    wait: Option<u64>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            wait: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(LEDGER_RETRY.as_secs()),
        }
    }

    /// Nobody that is known, or not as who this is for.
    pub fn unauthorized() -> Self {
        let told = "Sign in, or send an operator token: Authorization: Bearer TOKEN.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", told)
    }

    /// The second factor is still out.
    pub fn second_factor() -> Self {
        let told = "The second factor is still missing: POST /api/manage/session/code.";
        Self::new(StatusCode::UNAUTHORIZED, "second_factor_needed", told)
    }

    /// The address and the password do not go together; which of them is wrong is not told.
    pub fn credentials() -> Self {
        let told = "The address or the password is wrong.";
        Self::new(StatusCode::UNAUTHORIZED, "wrong_credentials", told)
    }

    /// A one-time code that is none.
    pub fn code(ended: bool) -> Self {
        match ended {
            false => Self::new(StatusCode::UNAUTHORIZED, "wrong_code", "The code is wrong, or was used already."),
            true => {
                let told = "Too many wrong codes: sign in again from the start.";
                Self::new(StatusCode::UNAUTHORIZED, "sign_in_ended", told)
            }
        }
    }

    /// Known, and not allowed.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// It may be another site's page that asks.
    pub fn forged(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "csrf", detail)
    }

    /// An operator looks, and has asked for a change all the same.
    pub fn looking() -> Self {
        let told = "You look at this workspace as an operator: nothing can be changed here.";
        Self::new(StatusCode::FORBIDDEN, "looking", told)
    }

    /// The address was not proved yet.
    pub fn unverified() -> Self {
        let told = "Confirm your address first: the letter that you got says how; POST /api/manage/verify/mail sends another.";
        Self::new(StatusCode::FORBIDDEN, "address_not_verified", told)
    }

    /// Nobody may sign up (in this way).
    pub fn registration(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "registration_closed", detail)
    }

    /// A token, or an invitation, that does not work.
    pub fn token() -> Self {
        let told = "This link or code does not work: it was used already, or its time is over.";
        Self::new(StatusCode::BAD_REQUEST, "invalid_token", told)
    }

    /// Too many tries; how long to wait is told.
    pub fn wait(left: Duration) -> Self {
        let seconds = left.as_secs().max(1);
        let told = format!("Too many failed tries: wait {seconds} s.");
        Self { wait: Some(seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", told) }
    }

    /// Too many tries from this address; how long to wait is told.
    pub fn blocked(left: Duration) -> Self {
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let told = format!("Too many failed tries from this address: it is blocked for {seconds} s more.");
        Self { wait: Some(seconds.max(1)), ..Self::new(StatusCode::FORBIDDEN, "address_blocked", told) }
    }

    /// Too much to do just now.
    pub fn busy() -> Self {
        let told = "Too many people sign in just now; try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", told)
    }

    /// Too many watch.
    pub fn crowded(told: &str) -> Self {
        Self { wait: Some(30), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_listeners", told) }
    }

    /// What the path names is not there.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}."))
    }

    /// The path exists, the method does not.
    pub fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path does not take this method.")
    }

    /// The body as a whole is wrong.
    pub fn body(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_body", detail)
    }

    /// The body is none that is read here.
    pub fn media_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "Send the body as application/json.")
    }

    /// The body is above its limit.
    pub fn too_large(bytes_max: usize) -> Self {
        let told = format!("The body is above the limit of {bytes_max} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", told)
    }

    /// Fields are wrong; all of them are named.
    pub fn fields(errors: Vec<FieldProblem>) -> Self {
        let names: Vec<_> = errors.iter().map(|e| format!("{}: {}", e.field, e.detail)).collect();
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, "invalid_fields", names.join("; ")) }
    }

    /// Somebody else has it or changed it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// The fields that are wrong.
    #[cfg(test)]
    pub fn fields_named(&self) -> Vec<String> {
        self.errors.iter().map(|error| error.field.clone()).collect()
    }

    /// The key of a call that is done once came with another one before.
    pub fn key_reused() -> Self {
        let told = "This Idempotency-Key came with another body before; take a new one for another call.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", told)
    }

    /// A call that is done once has begun and not ended.
    pub fn not_ended() -> Self {
        let told =
            "The call with this Idempotency-Key still runs, or broke before its end: look whether it was done.";
        Self::new(StatusCode::CONFLICT, "idempotency_not_ended", told)
    }

    /// What it says, for the log.
    pub fn told(&self) -> &str {
        &self.detail
    }

    /// A defect of ours.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something is wrong on our side.")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                let told = "The store is not available at the moment; nothing was changed.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", told)
            }
            StoreError::NotFound(what) => Self::not_found(what),
            StoreError::Exists(what) => Self::conflict(format!("This {what} exists already.")),
            StoreError::Stale(what) => {
                Self::conflict(format!("The {what} was changed meanwhile; look and try again."))
            }
            StoreError::Full(what) => Self::forbidden(format!("There is no room for another {what}.")),
            StoreError::LastOne(what) => Self::conflict(format!("This is the last {what}; it stays.")),
            StoreError::Corrupt(_) => Self::internal(),
        }
    }
}

impl From<HouseError> for Problem {
    fn from(error: HouseError) -> Self {
        match error {
            HouseError::Store(error) => error.into(),
            HouseError::Live(_) | HouseError::Assets(_) | HouseError::Limits(_) | HouseError::Mail(_) => {
                Self::internal()
            }
        }
    }
}

impl From<Busy> for Problem {
    fn from(_: Busy) -> Self {
        Self::busy()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response.extensions_mut().insert(Code(self.code));
        if let Some(seconds) = self.wait {
            response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
