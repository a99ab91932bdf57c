//! A client of the server's API. In: an address, a token. Out: JSON, or the trouble. Never here: what commands say.

use crate::cli::args::{ConfigArgs, Connection};
use crate::cli::exit::Trouble;
use crate::cli::serving::load;
use crate::config::{Environment, ProcessEnvironment};
use crate::wiring::token_file;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::{Value, json};
use server::{Call, Endpoint, Upstream, UpstreamError};
use std::error::Error;
use std::path::Path;
use std::time::Duration;
use units::Secret;

/// A command does not wait longer.
const TIME_MAX: Duration = Duration::from_secs(60);
/// A connection takes no longer.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// A server of this machine that is just starting is waited for so long.
const START_TIME_MAX: Duration = Duration::from_secs(5);
/// How often it is looked for in that time.
const START_LOOK_EVERY: Duration = Duration::from_millis(50);
/// An answer is not larger.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Talks to one server with one secret.
pub struct Client {
    base: String,
    secret: Secret<String>,
}

impl Client {
    /// With the operator token that flags, environment or data folder give.
    pub fn new(connection: &Connection, config: &ConfigArgs) -> Result<Self, Trouble> {
        let base = base_url(connection, config)?;
        let secret = match (&connection.token_file, ProcessEnvironment.get("TOLLGATE_TOKEN")) {
            (Some(path), _) => read_token(path)?,
            (None, Some(token)) if !token.is_empty() => Secret::new(token),
            (None, _) => {
                let path = token_file(&load(config)?.0.data_dir);
                read_token(&path).map_err(|_| {
                    let told = format!(
                        "no operator token: {} is not there; name one by --token-file or TOLLGATE_TOKEN",
                        path.display()
                    );
                    Trouble::Usage(told)
                })?
            }
        };
        Ok(Self { base, secret })
    }

    /// With any secret, at any address.
    pub const fn with(base: String, secret: Secret<String>) -> Self {
        Self { base, secret }
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Result<Value, Trouble> {
        blocking(self.send(Method::GET, path, None))
    }

    /// A whole list, page after page. `path` has its query, without what says which page.
    pub fn list(&self, path: &str) -> Result<Value, Trouble> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let (mut rows, mut before) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{sign}limit=1000{before}"))?;
            rows.extend(page["data"].as_array().into_iter().flatten().cloned());
            match page["next"].as_str() {
                Some(next) => before = format!("&before={}", escaped(next)),
                None => return Ok(json!({ "data": rows })),
            }
        }
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Result<Value, Trouble> {
        blocking(self.send(Method::DELETE, path, None))
    }

    /// `POST`.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Trouble> {
        blocking(self.send(Method::POST, path, Some(body)))
    }

    /// `PUT`.
    pub fn put(&self, path: &str, body: &Value) -> Result<Value, Trouble> {
        blocking(self.send(Method::PUT, path, Some(body)))
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Trouble> {
        let uri: Uri = format!("{}{path}", self.base)
            .parse()
            .map_err(|_| Trouble::Usage(format!("`{}` is not an address", self.base)))?;
        let bytes = body.map_or_else(Bytes::new, |b| Bytes::from(b.to_string()));
        let bearer = HeaderValue::try_from(format!("Bearer {}", self.secret.expose()));
        let bearer =
            bearer.map_err(|_| Trouble::Usage("the token or key holds characters it cannot have".into()))?;
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer), (CONTENT_TYPE, json)]);
        let endpoint = Endpoint::new(method, uri, headers)
            .map_err(|e| Trouble::Usage(format!("`{}` is not an address: {e}", self.base)))?;
        match tokio::time::timeout(TIME_MAX, exchange(&endpoint, bytes)).await {
            Ok(Ok(reply)) if reply.status < 400 => Ok(reply.body),
            Ok(Ok(reply)) => Err(Trouble::Refused { status: reply.status, told: reply.text(), body: reply.body }),
            Ok(Err(cause)) => {
                Err(Trouble::Unreachable(format!("the server at {} cannot be asked: {cause}", self.base)))
            }
            Err(_) => Err(Trouble::Unreachable(format!("the server at {} does not answer", self.base))),
        }
    }
}

async fn exchange(endpoint: &Endpoint, body: Bytes) -> Result<Reply, String> {
    let call = Call { endpoint, headers: &[], body };
    let mut answer = Upstream::new(CONNECT_TIME_MAX).send(call).await.map_err(|e| cause(&e))?;
    let bytes = answer.body.whole(ANSWER_BYTES_MAX).await.map_err(|e| cause(&e))?;
    let value = serde_json::from_slice(&bytes);
    let body = value.unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    Ok(Reply { status: answer.status.as_u16(), request_id: answer.heard.request_id, body })
}

/// Why there is no answer: the causes alone, for the error itself speaks of a provider.
fn cause(error: &UpstreamError) -> String {
    let Some(first) = error.source() else { return "its answer is too large".into() };
    let mut text = first.to_string();
    let mut next = first.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// What the server answered.
struct Reply {
    status: u16,
    request_id: Option<Box<str>>,
    body: Value,
}

impl Reply {
    /// Its words about what went wrong, ending with the request's id.
    fn text(&self) -> String {
        let told = [&self.body["detail"], &self.body["error"]["message"], &self.body["error_description"]];
        let text = told.into_iter().find_map(Value::as_str);
        let text = text.map_or_else(|| "the server refused".to_owned(), str::to_owned);
        match &self.request_id {
            Some(id) => format!("{text} ({}, request {id})", self.status),
            None => format!("{text} ({})", self.status),
        }
    }
}

/// Where the server is: flag, environment, or the configured address on this machine.
pub fn base_url(connection: &Connection, config: &ConfigArgs) -> Result<String, Trouble> {
    let named =
        connection.server.clone().or_else(|| ProcessEnvironment.get("TOLLGATE_URL")).filter(|s| !s.is_empty());
    let base = match named {
        Some(base) => base,
        None => {
            let base = format!("http://{}", load(config)?.0.server.listen);
            wait_for(&base)?;
            base
        }
    };
    Ok(base.trim_end_matches('/').to_owned())
}

/// Waits for a server that is just starting (`tollgate serve &`, and the next command at once): when it takes connections,
/// its first token is written. One that never comes is no failure here; what is done next tells it.
fn wait_for(base: &str) -> Result<(), Trouble> {
    let unusable = |why: String| Trouble::Usage(format!("`{base}` is not an address: {why}"));
    let uri: Uri = format!("{base}/healthz").parse().map_err(|e: http::uri::InvalidUri| unusable(e.to_string()))?;
    let endpoint = Endpoint::new(Method::GET, uri, HeaderMap::new()).map_err(|e| unusable(e.to_string()))?;
    blocking(async {
        let come = async {
            let ask = || Call { endpoint: &endpoint, headers: &[], body: Bytes::new() };
            while let Err(UpstreamError::Connect(_)) = Upstream::new(CONNECT_TIME_MAX).send(ask()).await {
                tokio::time::sleep(START_LOOK_EVERY).await;
            }
        };
        let _in_vain = tokio::time::timeout(START_TIME_MAX, come).await;
        Ok(())
    })
}

fn read_token(path: &Path) -> Result<Secret<String>, Trouble> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Trouble::Usage(format!("the token file {} cannot be read: {e}", path.display())))?;
    Ok(Secret::new(text.trim().to_owned()))
}

/// Runs something to its end.
pub fn blocking<T>(future: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Trouble::Failed(format!("the command cannot start: {e}")))?.block_on(future)
}

/// A text as part of a query or path.
pub fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
