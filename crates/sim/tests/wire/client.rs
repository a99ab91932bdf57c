//! A small client and a running simulator. In: paths and JSON. Out: answers.
//! Never here: checks.

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::sync::Arc;
use tokio::task::JoinSet;
use units::{Clock, Timestamp};

pub struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_772_528_400_000)
    }
}

/// A simulator that ends when it is dropped.
pub struct Running {
    pub base: String,
    client: Client<HttpConnector, Full<Bytes>>,
    _tasks: JoinSet<std::io::Result<()>>,
}

/// What came back. `cut` when the connection broke inside the body.
pub struct Got {
    pub status: u16,
    pub headers: hyper::HeaderMap,
    pub text: String,
    pub cut: bool,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {}", self.text))
    }

    /// The JSON of every `data:` line.
    pub fn events(&self) -> Vec<Value> {
        let data = self.text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter_map(|data| serde_json::from_str(data).ok()).collect()
    }
}

pub async fn start() -> Running {
    start_with(|_| {}).await
}

pub async fn start_with(change: impl FnOnce(&mut sim::SimConfig)) -> Running {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut config = sim::SimConfig::new(Arc::new(Still));
    change(&mut config);
    let mut tasks = JoinSet::new();
    #[expect(clippy::disallowed_methods, reason = "owned by what is given back")]
    tasks.spawn(sim::serve(listener, config, std::future::pending()));
    let client = Client::builder(TokioExecutor::new()).build_http();
    Running { base, client, _tasks: tasks }
}

impl Running {
    pub async fn send(&self, method: &str, path: &str, body: &str) -> Result<Got, String> {
        self.send_as("2023-06-01", method, path, body).await
    }

    /// With a version of Anthropic's API.
    pub async fn send_as(&self, version: &str, method: &str, path: &str, body: &str) -> Result<Got, String> {
        let headers = [
            ("authorization", "Bearer sk-test"),
            ("anthropic-version", version),
            ("content-type", "application/json"),
        ];
        self.send_with(&headers, method, path, body).await
    }

    /// With these headers alone.
    pub async fn send_with(
        &self,
        headers: &[(&str, &str)],
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<Got, String> {
        let mut builder = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let request = builder.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let response = self.client.request(request).await.map_err(|why| why.to_string())?;
        let (parts, mut body) = response.into_parts();
        let mut bytes = Vec::new();
        let mut cut = false;
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => bytes.extend(frame.into_data().unwrap_or_default()),
                Err(_) => {
                    cut = true;
                    break;
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Got { status: parts.status.as_u16(), headers: parts.headers, text, cut })
    }

    pub async fn post(&self, path: &str, body: &Value) -> Got {
        self.send("POST", path, &body.to_string()).await.unwrap()
    }

    pub async fn chat(&self, body: &Value) -> Got {
        self.post("/openai/v1/chat/completions", body).await
    }

    pub async fn responses(&self, body: &Value) -> Got {
        self.post("/openai/v1/responses", body).await
    }

    pub async fn messages(&self, body: &Value) -> Got {
        self.post("/anthropic/v1/messages", body).await
    }
}
