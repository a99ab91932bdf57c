//! Spans as collectors read them: OTLP in JSON. In: spans. Out: the body of one request. Pure. Never here: what a span is about.

use serde_json::{Value as Json, json};

/// What part a span plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Work inside.
    Internal,
    /// A call that came in.
    Server,
    /// A call that went out.
    Client,
}

impl Kind {
    const fn number(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Server => 2,
            Self::Client => 3,
        }
    }
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

impl Value {
    fn json(&self) -> Json {
        match self {
            Self::Text(text) => json!({ "stringValue": text }),
            Self::Texts(texts) => {
                let values: Vec<Json> = texts.iter().map(|text| json!({ "stringValue": text })).collect();
                json!({ "arrayValue": { "values": values } })
            }
            // Whole numbers of 64 bits are texts in this format.
            Self::Number(number) => json!({ "intValue": number.to_string() }),
            Self::Flag(flag) => json!({ "boolValue": flag }),
        }
    }
}

/// One span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its trace.
    pub trace: [u8; 16],
    /// Its id.
    pub id: [u8; 8],
    /// The span that it is part of.
    pub parent: Option<[u8; 8]>,
    /// Its name.
    pub name: String,
    /// Its part.
    pub kind: Kind,
    /// When it began, in nanoseconds since 1970.
    pub from: u128,
    /// When it ended.
    pub until: u128,
    /// What is told of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// A word for what went wrong.
    pub error: Option<&'static str>,
}

/// Bytes as small hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attribute(name: &str, value: &Value) -> Json {
    json!({ "key": name, "value": value.json() })
}

impl Span {
    fn json(&self) -> Json {
        let mut attributes: Vec<Json> =
            self.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
        if let Some(error) = self.error {
            attributes.push(attribute(super::names::ERROR, &Value::Text(error.to_owned())));
        }
        let mut span = json!({
            "traceId": hex(&self.trace), "spanId": hex(&self.id), "name": self.name, "kind": self.kind.number(),
            "startTimeUnixNano": self.from.to_string(), "endTimeUnixNano": self.until.to_string(),
            "attributes": attributes, "status": { "code": if self.error.is_some() { 2 } else { 0 } },
        });
        if let Some(parent) = self.parent {
            span["parentSpanId"] = hex(&parent).into();
        }
        span
    }
}

/// The body of a request with these spans.
pub fn body(service: &str, spans: &[Span]) -> Json {
    let version = env!("CARGO_PKG_VERSION");
    let of = |name: &str, text: &str| attribute(name, &Value::Text(text.to_owned()));
    let resource = json!({ "attributes": [of("service.name", service), of("service.version", version)] });
    let spans: Vec<Json> = spans.iter().map(Span::json).collect();
    let scope = json!({ "scope": { "name": "tollgate", "version": version }, "spans": spans });
    json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [scope] }] })
}
