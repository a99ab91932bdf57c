//! Requests as bytes. In: what to ask. Out: the bytes of a request, in either language. Never here: sockets.

use serde_json::{Value, json};

/// The language of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Chat Completions at `/v1`.
    OpenAi,
    /// Messages at `/anthropic/v1`.
    Anthropic,
}

impl Dialect {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OpenAi, Self::Anthropic];

    /// Where its calls go.
    pub const fn path(self) -> &'static str {
        match self {
            Self::OpenAi => "/v1/chat/completions",
            Self::Anthropic => "/anthropic/v1/messages",
        }
    }
}

/// A model call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The client's language.
    pub dialect: Dialect,
    /// The public model.
    pub model: String,
    /// What the user says, directives of the simulated provider included.
    pub text: String,
    /// The limit of the answer.
    pub max_tokens: u64,
    /// Whether the answer is streamed.
    pub stream: bool,
}

impl Call {
    /// The body; the field order is the same in both languages.
    pub fn body(&self) -> Value {
        json!({
            "model": self.model, "max_tokens": self.max_tokens, "stream": self.stream,
            "messages": [{ "role": "user", "content": self.text }],
        })
    }

    /// The whole request.
    pub fn request(&self, key: &str) -> Vec<u8> {
        let body = self.body().to_string();
        let bearer = format!("Bearer {key}");
        match self.dialect {
            Dialect::OpenAi => raw("POST", self.dialect.path(), &[("authorization", &bearer)], body.as_bytes()),
            Dialect::Anthropic => {
                let headers = [("x-api-key", key), ("anthropic-version", "2023-06-01")];
                raw("POST", self.dialect.path(), &headers, body.as_bytes())
            }
        }
    }

    /// Prompt tokens as the simulated providers count them.
    pub fn prompt_tokens(&self) -> u64 {
        sim::tokens_of(&self.text)
    }
}

/// A request with a JSON body and its length. A header that is given wins over the usual one.
pub fn raw(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut out = format!("{method} {path} HTTP/1.1\r\nhost: tollgate\r\n");
    let given = |name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    if !given("content-type") && !body.is_empty() {
        out.push_str("content-type: application/json\r\n");
    }
    if !given("content-length") && !given("transfer-encoding") {
        out.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    out
}
