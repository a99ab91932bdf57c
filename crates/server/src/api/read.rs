//! Reading what operators send and writing what they get. In: bodies, queries, raw fields. Out: checked values, all
//! problems at once. Never here: what the values are for.

use crate::api::fit::{self, Look};
use crate::api::problem::{FieldProblem, Problem};
use crate::limits::{
    EMAIL_BYTES_MAX, FIELD_CHARS_MAX, MANAGE_BODY_BYTES_MAX, NAME_CHARS_MAX, PASSWORD_CHARS, PROBLEMS_MAX,
    REASON_CHARS_MAX,
};
use crate::mail;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, StatusCode, request::Parts};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;
use std::str::FromStr;
use store::port::Role;
use units::{Secret, Timestamp};

/// A JSON body, read whole; unknown fields are refused by its type.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + 'static, S: Sync> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::media_type());
        }
        let bytes = axum::body::to_bytes(request.into_body(), MANAGE_BODY_BYTES_MAX).await;
        let bytes = bytes.map_err(|_| Problem::too_large(MANAGE_BODY_BYTES_MAX))?;
        read(&bytes).map(Self)
    }
}

/// Whether a body may be JSON by what its sender says of it. Who says nothing means JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(told) = headers.get(CONTENT_TYPE) else { return true };
    let kind = told.to_str().ok().and_then(|told| told.split(';').next()).unwrap_or("").trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// Reads a body. Of one that is not as expected every field that is wrong is told: the type of the body stops at the first, so
/// the rest is found by its schema.
fn read<T: DeserializeOwned + JsonSchema + 'static>(bytes: &[u8]) -> Result<T, Problem> {
    let whole = |e: &serde_json::Error| Problem::body(format!("The body is not as expected: {e}."));
    let compared = |look| {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| whole(&e))?;
        let mut checks = Checks::default();
        fit::compare(&fit::known_schema_of::<T>(), &value, fit::BODY, look, &mut checks);
        checks.done()
    };
    let mut json = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize(&mut json) {
        Ok(value) => {
            json.end().map_err(|e| whole(&e))?;
            // A type reads a list as its fields in their order, which nobody means. Where that is right, forms are left to who
            // handles it.
            compared(Look::AtShape).or_else(|_| compared(Look::AtAll)).map(|()| value)
        }
        Err(wrong) => {
            compared(Look::AtAll)?;
            match wrong.path().to_string() {
                path if path == "." => Err(whole(wrong.inner())),
                field => Err(Problem::fields(vec![FieldProblem { field, detail: wrong.inner().to_string() }])),
            }
        }
    }
}

/// A query string; unknown parameters are refused by its type.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + 'static, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let wrong = match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => return Ok(Self(value)),
            Err(wrong) => wrong,
        };
        let whole = |e: QueryRejection| Problem::body(format!("The query is not as expected: {}.", e.body_text()));
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(pairs) = pairs.map_err(whole)?;
        let schema = fit::known_schema_of::<T>();
        let typed = |(name, text): (String, String)| {
            let value = typed(&schema["properties"][&name], &text);
            (name, value)
        };
        let mut checks = Checks::default();
        fit::compare(&schema, &pairs.into_iter().map(typed).collect(), fit::BODY, Look::AtAll, &mut checks);
        checks.done()?;
        Err(whole(wrong))
    }
}

/// The text of a parameter as what it stands for, where it can be that.
fn typed(schema: &Value, text: &str) -> Value {
    let is = |kind: &str| {
        schema["type"] == kind || schema["type"].as_array().is_some_and(|all| all.contains(&kind.into()))
    };
    match text {
        "true" | "false" if is("boolean") => Value::Bool(text == "true"),
        _ if is("integer") => text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from),
        _ => Value::from(text),
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

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
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

/// Reads a text that must not be printed.
///
/// # Errors
/// When it is no text.
pub fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(from).map(Secret::new)
}

/// Collects problems of fields, so that all are told at once.
#[derive(Default)]
pub struct Checks(Vec<FieldProblem>);

impl Checks {
    /// Adds a problem. A body of nothing but wrong fields is not told whole.
    pub fn add(&mut self, field: impl Into<String>, detail: impl Into<String>) {
        let mut field: String = field.into();
        if let Some((end, _)) = field.char_indices().nth(FIELD_CHARS_MAX) {
            field.truncate(end);
            field.push_str("...");
        }
        if self.0.len() < PROBLEMS_MAX {
            self.0.push(FieldProblem { field, detail: detail.into() });
        }
    }

    /// A name people read: 1 to `NAME_CHARS_MAX` characters, none of them a control character.
    pub fn name(&mut self, field: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
            self.add(field, format!("expected 1 to {NAME_CHARS_MAX} characters"));
        }
    }

    /// Words that say why: 1 to `REASON_CHARS_MAX` characters, none of them a control character but for breaks and tabs. Not every
    /// store has a text with a zero byte.
    pub fn reason(&mut self, field: &str, text: &str) {
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if text.trim().is_empty() || text.chars().count() > REASON_CHARS_MAX || text.chars().any(control) {
            self.add(field, format!("expected 1 to {REASON_CHARS_MAX} characters"));
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

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what others found.
    pub fn append(&mut self, other: Self) {
        let room = PROBLEMS_MAX.saturating_sub(self.0.len());
        self.0.extend(other.0.into_iter().take(room));
    }

    /// All problems, if there are any.
    ///
    /// # Errors
    /// When a check failed.
    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::fields(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[derive(Debug, Default, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Body {
        a: Option<u32>,
        b: Field<Inner>,
    }

    #[derive(Debug, Default, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Inner {
        n: Field<u8>,
    }

    /// Whatever is wrong is told with its place; what a type takes and its schema does not is refused too.
    #[test]
    fn everything_that_is_wrong_is_told() {
        let good: Body = read(br#"{"a": 1, "b": {"n": null}}"#).unwrap();
        assert_eq!((good.a, matches!(good.b, Field::Is(Inner { n: Field::Null }))), (Some(1), true));
        for (text, fields) in [
            ("[]", vec!["body"]),
            ("[1]", vec!["body"]),
            (r#"{"a": -1, "c": 1}"#, vec!["a", "c"]),
            (r#"{"a": 1, "b": []}"#, vec!["b"]),
            (r#"{"a": 1.5, "b": {"n": 256, "m": 1}}"#, vec!["a", "b.n", "b.m"]),
            (r#"{"a": 4294967296}"#, vec!["a"]),
            (r#"{"a": 1, "a": 2}"#, vec![]),
            (r#"{"a": 1} 2"#, vec![]),
            ("{", vec![]),
        ] {
            assert_eq!(read::<Body>(text.as_bytes()).unwrap_err().fields_named(), fields, "{text}");
        }
    }

    /// The schema of a body is made once, however many come.
    #[test]
    fn a_schema_is_made_once() {
        static MADE: AtomicU32 = AtomicU32::new(0);

        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Counted {}

        impl JsonSchema for Counted {
            fn schema_name() -> Cow<'static, str> {
                "Counted".into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                MADE.fetch_add(1, Ordering::Relaxed);
                schemars::json_schema!({ "type": "object", "additionalProperties": false })
            }
        }

        for _ in 0..3 {
            read::<Counted>(b"{}").unwrap();
            assert_eq!(read::<Counted>(br#"{"a": 1}"#).unwrap_err().fields_named(), ["a"]);
        }
        assert_eq!(MADE.load(Ordering::Relaxed), 1);
    }

    /// What is wrong with a body is no larger than the body by far.
    #[test]
    fn a_heap_of_wrong_fields_is_told_in_part() {
        let heap: Vec<String> = (0..PROBLEMS_MAX * 2).map(|n| format!("\"{n}{}\": 1", "x".repeat(999))).collect();
        let told = read::<Body>(format!("{{{}}}", heap.join(",")).as_bytes()).unwrap_err().fields_named();
        assert_eq!(told.len(), PROBLEMS_MAX);
        assert!(told.iter().all(|field| field.len() == FIELD_CHARS_MAX + 3));
    }
}
