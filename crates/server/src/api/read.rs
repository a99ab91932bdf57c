//! Reading what operators send and writing what they get. In: bodies, queries, raw fields. Out: checked values, all
//! problems at once. Never here: what the values are for.

use crate::api::problem::{FieldProblem, Problem};
use crate::limits::{EMAIL_BYTES_MAX, MANAGE_BODY_BYTES_MAX, NAME_CHARS_MAX, PASSWORD_CHARS};
use crate::mail;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, StatusCode, request::Parts};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::str::FromStr;
use store::port::Role;
use units::Timestamp;

/// A JSON body, read whole; unknown fields are refused by its type.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let bytes = axum::body::to_bytes(request.into_body(), MANAGE_BODY_BYTES_MAX).await;
        let bytes = bytes.map_err(|_| Problem::too_large(MANAGE_BODY_BYTES_MAX))?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|e| Problem::body(format!("The body is not as expected: {e}.")))
    }
}

/// A query string; unknown parameters are refused by its type.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        read.map(|Query(value)| Self(value))
            .map_err(|e| Problem::body(format!("The query is not as expected: {}.", e.body_text())))
    }
}

/// What a path names last (`{workspace}/members/{user}`).
pub struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        // A name that is no text is nobody's.
        let names = read.ok().and_then(|Path(mut names)| names.pop());
        names.map(|(_, name)| Self(name)).ok_or_else(|| Problem::not_found("object"))
    }
}

/// A JSON answer, perhaps with a cookie.
pub struct Answer(StatusCode, Vec<u8>, Option<HeaderValue>);

impl Answer {
    fn new(status: StatusCode, body: &impl Serialize) -> Self {
        // What the handlers give always can be written as JSON.
        Self(status, serde_json::to_vec(body).unwrap_or_default(), None)
    }

    /// 200 with a body.
    pub fn ok(body: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// 201 with a body.
    pub fn created(body: &impl Serialize) -> Self {
        Self::new(StatusCode::CREATED, body)
    }

    /// 202 with a body: what was asked for comes another way.
    pub fn accepted(body: &impl Serialize) -> Self {
        Self::new(StatusCode::ACCEPTED, body)
    }

    /// The same with a cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: &str) -> Self {
        self.2 = HeaderValue::from_str(cookie).ok();
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.0, self.1).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(cookie) = self.2 {
            headers.insert(http::header::SET_COOKIE, cookie);
        }
        response
    }
}

/// A field of a change: absent leaves what is there, null takes it away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// It is not in the body.
    #[default]
    Absent,
    /// It is null.
    Null,
    /// It has a value.
    Is(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map_or(Self::Null, Self::Is))
    }
}

impl<T> Field<T> {
    /// Sets what it says; a value goes through `read`.
    pub fn set<U>(self, to: &mut Option<U>, read: impl FnOnce(T) -> Option<U>) {
        match self {
            Self::Absent => {}
            Self::Null => *to = None,
            Self::Is(value) => *to = read(value),
        }
    }
}

/// Collects problems of fields, so that all are told at once.
#[derive(Default)]
pub struct Checks(Vec<FieldProblem>);

impl Checks {
    /// Adds a problem.
    pub fn add(&mut self, field: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldProblem { field: field.into(), detail: detail.into() });
    }

    /// A name people read: 1 to `NAME_CHARS_MAX` characters, none of them a control character.
    pub fn name(&mut self, field: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
            self.add(field, format!("expected 1 to {NAME_CHARS_MAX} characters"));
        }
    }

    /// The address of a person.
    pub fn email(&mut self, field: &str, text: &str) {
        let text = text.trim();
        if text.len() > EMAIL_BYTES_MAX || !mail::is_address(text) {
            self.add(field, "expected an address such as ada@example.com");
        }
    }

    /// A password that is to be kept.
    pub fn password(&mut self, field: &str, text: &str) {
        let (least, most) = PASSWORD_CHARS;
        if !(least..=most).contains(&text.chars().count()) {
            self.add(field, format!("expected {least} to {most} characters"));
        }
    }

    /// A role's name, or a problem in its place.
    pub fn role(&mut self, field: &str, text: &str) -> Option<Role> {
        let role = Role::named(text);
        if role.is_none() {
            self.add(field, "expected owner, admin, billing, developer or viewer");
        }
        role
    }

    /// A value of text, or a problem in its place.
    pub fn parse<T: FromStr<Err: ToString>>(&mut self, field: &str, text: &str) -> Option<T> {
        text.parse().map_err(|e: T::Err| self.add(field, e.to_string())).ok()
    }

    /// An instant of RFC 3339 text, or a problem in its place.
    pub fn instant(&mut self, field: &str, text: Option<&str>) -> Option<Timestamp> {
        let text = text?;
        let at = Timestamp::parse_rfc3339(text);
        if at.is_none() {
            self.add(field, "expected a time such as 2026-03-03T09:00:00Z");
        }
        at
    }

    /// All problems, if there are any.
    ///
    /// # Errors
    /// When a check failed.
    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::fields(self.0)) }
    }
}
