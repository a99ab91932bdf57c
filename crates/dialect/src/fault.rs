//! The one renderer of faults, and the one reader of upstream faults. In: a `Fault` and a style, or an upstream's answer.
//! Out: status, headers and body, or a class. Never here: a sentence of an upstream (R-ERR-7), a decision about retrying.

mod field;
mod snapshot;
mod table;
mod upstream;

use crate::json::push_string;
use crate::openai_responses::reply::fail_anew;
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Retry};
use std::borrow::Cow;
use std::time::Duration;
use table::{Row, row};

pub use snapshot::{FaultRow, rows, snapshot, table_markdown};
pub use upstream::{UpstreamClass, UpstreamFault, UpstreamHints, decode_upstream_fault, reword};

/// How an error body looks; each surface has one (R-ERR-1..4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// `{"error":{message,type,param,code}}`, `code` a string.
    OpenAi,
    /// `{"error":{message,type,code}}`, `code` the status as a number.
    Numeric,
    /// `{"detail":"..."}`.
    Detail,
    /// `{"type":"error","error":{type,message},"request_id"}`.
    Anthropic,
    /// `{"error":{message,type,code}}`, type and code the same stable name.
    Coded,
    /// `{"error":{code,message,type}}`, the message ends with the request id.
    Router,
    /// `{"error":{code,message,status,details}}`, `code` the HTTP status, `details` only where waiting helps.
    Gemini,
}

impl Style {
    /// Every style.
    pub const ALL: &[Self] =
        &[Self::OpenAi, Self::Numeric, Self::Detail, Self::Anthropic, Self::Coded, Self::Router, Self::Gemini];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Numeric => "numeric",
            Self::Detail => "detail",
            Self::Anthropic => "anthropic",
            Self::Coded => "coded",
            Self::Router => "router",
            Self::Gemini => "gemini",
        }
    }

    /// The style of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.name() == name)
    }
}

/// Where in an answer the fault came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before the answer began: a status and a body.
    Head,
    /// Inside a stream: an event in the client's dialect.
    MidStream(Dialect),
}

/// A fault as the client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The HTTP status.
    pub status: u16,
    /// `content-type`, and `retry-after`, `x-should-retry` where they say something.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: Bytes,
}

/// The HTTP status of a kind (R-ERR-5).
pub const fn status(kind: FaultKind) -> u16 {
    row(kind).status
}

/// The stable code of a kind, as usage records and the coded style name it.
pub const fn code(kind: FaultKind) -> &'static str {
    row(kind).code
}

/// Renders a fault at the head of an answer.
pub fn render(fault: &Fault, style: Style, request_id: &str) -> Rendered {
    render_as(fault, style, status(fault.kind), request_id)
}

/// Renders a fault at the head of an answer under another status than its own (R-ERR-5).
pub fn render_as(fault: &Fault, style: Style, status: u16, request_id: &str) -> Rendered {
    let row = row(fault.kind);
    let mut headers = vec![("content-type", "application/json".to_owned())];
    if let Some(wait_s) = fault.retry_after_s() {
        headers.push(("retry-after", wait_s.to_string()));
    }
    if let Some(again) = should_retry(fault, status) {
        headers.push(("x-should-retry", again.to_string()));
    }
    Rendered { status, headers, body: Bytes::from(body(fault, (row, status), style, request_id)) }
}

/// Renders a fault as the last event of a stream (R-ERR-6).
pub fn render_event(fault: &Fault, client: Dialect, request_id: &str) -> Bytes {
    let row = row(fault.kind);
    if client == Dialect::OpenAiResponses {
        return Bytes::from(fail_anew(fault, request_id).to_vec());
    }
    let (start, style) = match client {
        Dialect::Anthropic => ("event: error\ndata: ", Style::Anthropic),
        Dialect::Gemini => ("data: ", Style::Gemini),
        _ => ("data: ", Style::OpenAi),
    };
    let mut out = start.as_bytes().to_vec();
    out.extend(body(fault, (row, row.status), style, request_id));
    out.extend_from_slice(b"\n\n");
    Bytes::from(out)
}

/// Renders a fault for a stage: a status, headers and a body, or the bytes of an event.
pub fn render_at(fault: &Fault, style: Style, stage: Stage, request_id: &str) -> Rendered {
    match stage {
        Stage::Head => render(fault, style, request_id),
        Stage::MidStream(client) => {
            Rendered { status: 200, headers: Vec::new(), body: render_event(fault, client, request_id) }
        }
    }
}

/// Longer than this no program should stand still for an answer: some SDKs sleep for as long as `retry-after` says, be it a month.
const SDK_WAIT_MAX: Duration = Duration::from_secs(60);

/// SDKs retry 408, 409, 429 and 5xx by themselves and nothing else; the header corrects them both ways.
fn should_retry(fault: &Fault, status: u16) -> Option<bool> {
    let by_itself = matches!(status, 408 | 409 | 429 | 500..);
    match fault.retry {
        Retry::Never if by_itself => Some(false),
        Retry::After(wait) if wait > SDK_WAIT_MAX => by_itself.then_some(false),
        Retry::After(_) if !by_itself => Some(true),
        _ => None,
    }
}

/// What a client is told: where a style has no place for the field, the sentence names it.
fn sentence(fault: &Fault, style: Style) -> Cow<'_, str> {
    match fault.param.as_deref().filter(|param| style != Style::OpenAi && !fault.told.contains(param)) {
        Some(param) => Cow::Owned(format!("`{param}`: {}", fault.told)),
        None => Cow::Borrowed(&fault.told),
    }
}

fn body(fault: &Fault, (row, status): (&Row, u16), style: Style, request_id: &str) -> Vec<u8> {
    let mut json = Json::default();
    let told = &*sentence(fault, style);
    match style {
        Style::OpenAi => {
            json.raw("{\"error\":{\"message\":").text(told);
            json.raw(",\"type\":").text(row.openai).raw(",\"param\":");
            match &fault.param {
                Some(param) => json.text(param),
                None => json.raw("null"),
            };
            json.raw(",\"code\":").text(row.code).raw("}}");
        }
        Style::Numeric => {
            json.raw("{\"error\":{\"message\":").text(told);
            json.raw(",\"type\":").text(row.numeric).raw(",\"code\":");
            json.raw(&status.to_string()).raw("}}");
        }
        Style::Detail => {
            json.raw("{\"detail\":").text(row.detail.unwrap_or(told)).raw("}");
        }
        Style::Anthropic => {
            json.raw("{\"type\":\"error\",\"error\":{\"type\":").text(row.anthropic);
            json.raw(",\"message\":").text(told).raw("},\"request_id\":");
            json.text(request_id).raw("}");
        }
        Style::Coded => {
            json.raw("{\"error\":{\"message\":").text(told);
            json.raw(",\"type\":").text(row.code).raw(",\"code\":").text(row.code).raw("}}");
        }
        Style::Router => {
            let told = &format!("{told} (request id: {request_id})");
            json.raw("{\"error\":{\"code\":").text(row.code);
            json.raw(",\"message\":").text(told);
            json.raw(",\"type\":").text(row.router()).raw("}}");
        }
        Style::Gemini => {
            json.raw("{\"error\":{\"code\":").raw(&status.to_string());
            json.raw(",\"message\":").text(told);
            json.raw(",\"status\":").text(row.gemini());
            if let Some(wait_s) = fault.retry_after_s() {
                json.raw(",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"");
                json.raw(&wait_s.to_string()).raw("s\"}]");
            }
            json.raw("}}");
        }
    }
    json.out
}

#[derive(Default)]
struct Json {
    out: Vec<u8>,
}

impl Json {
    fn raw(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        push_string(&mut self.out, text);
        self
    }
}
