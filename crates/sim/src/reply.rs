//! Speaks the answer of one call: the failure a directive wants, or what the model says.
//! In: an `Ask`. Out: a response whose body keeps time. Never here: reading requests.

use crate::ask::Ask;
use crate::body::{Paced, Step};
use crate::directive::Directives;
use crate::journal::Watch;
use crate::refused::Refused;
use crate::route::{Call, Provider};
use crate::wire::Wire;
use crate::{effect, mind, plant};
use bytes::Bytes;
use hyper::Response;
use serde_json::Value;
use std::io;

impl Call<'_> {
    /// Waits, fails or answers, as the directives say.
    pub(crate) async fn speak(self, mut ask: Ask, wire: Wire, watch: Watch) -> io::Result<Response<Paced>> {
        let provider = self.provider.name();
        if let Some(more) = self.sim.script.take(provider, &ask.model) {
            ask.directives.join(more);
        }
        if let Some(more) = by_name(&ask.model) {
            ask.directives.join(more);
        }
        ask.directives = self.sim.script.count(std::mem::take(&mut ask.directives));
        let directives = &ask.directives;
        let delay = effect::wait(directives, "delay_ms").unwrap_or(self.sim.config.delay);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if directives.has("hang") {
            std::future::pending::<()>().await;
        }
        if directives.has("close") {
            watch.end("cut");
            return Err(io::Error::other("closed by directive"));
        }
        if let Some(response) = self.failure(&ask, &watch) {
            watch.status(response.status().as_u16());
            watch.end("complete");
            return Ok(response);
        }
        watch.status(200);
        Ok(self.success(&ask, &wire, watch))
    }

    /// The failure a directive asked for, if any.
    fn failure(&self, ask: &Ask, watch: &Watch) -> Option<Response<Paced>> {
        let directives = &ask.directives;
        let page = directives.has("html") || directives.has("empty");
        let asked = directives.number("status").and_then(|s| u16::try_from(s).ok());
        if let Some(to) = directives.get("redirect") {
            let more = [("location", to.to_owned())];
            return Some(self.response(307, "text/plain", Paced::whole("", None), &more));
        }
        let status = asked.or(page.then_some(502))?;
        let canary = &self.stamp.canary;
        let mut message = match directives.get("message") {
            Some(text) => text.to_owned(),
            None => format!("The simulated provider {canary} failed with {status} on call {}", watch.number()),
        };
        if directives.has("echo_headers") {
            message.push_str(&format!(" {:?}", self.headers));
        }
        let mut more = Vec::new();
        // Gemini says it in the body alone.
        let after = directives.get("retry_after").filter(|_| self.provider != Provider::Gemini);
        if let Some(after) = after {
            more.push(("retry-after", after.to_owned()));
        }
        let (kind, body) = if directives.has("html") {
            let page = format!("<html><head><title>{status}</title></head><body><h1>{message}</h1></body></html>");
            ("text/html", page)
        } else if directives.has("empty") {
            ("application/json", String::new())
        } else if directives.has("detail") {
            ("application/json", serde_json::json!({"detail": message}).to_string())
        } else {
            let mut refused = Refused::new(status, message);
            refused.retry_after = directives.get("retry_after").map(Into::into);
            ("application/json", self.error(&refused).to_string())
        };
        Some(self.response(status, kind, Paced::whole(body, None), &more))
    }

    fn success(&self, ask: &Ask, wire: &Wire, watch: Watch) -> Response<Paced> {
        let answer = mind::answer(ask);
        let directives = &ask.directives;
        if directives.has("garbage") {
            let body = Paced::whole(&b"\x00\xff\xfe<<< this is no answer >>>\r\n\r\n"[..], Some(watch));
            return self.response(200, "application/json", body, &[]);
        }
        if directives.has("endless_line") {
            let start = Step::Bytes(Bytes::from_static(b"data: "));
            let kib = directives.number("endless_line").map(|kib| kib.div_ceil(16).max(1));
            let body = Paced::new(vec![start, Step::Endless(kib)], None, Some(watch));
            return self.response(200, "text/event-stream", body, &[]);
        }
        if ask.stream && !directives.has("plain") {
            let mut told = wire.stream(self, ask, &answer);
            if directives.has("plant") {
                told.frames = plant::frames(told.frames, &self.stamp.canary);
            }
            let steps = effect::steps(told, directives, &self.sim.config);
            let body = Paced::new(steps, None, Some(watch));
            return self.response(200, wire.stream_type(), body, &[]);
        }
        let whole = wire.whole(self, ask, &answer);
        let whole = if directives.has("plant") { plant::whole(whole, &self.stamp.canary) } else { whole };
        self.response(200, "application/json", self.whole_body(ask, &whole, watch), &[])
    }

    /// A body in one piece, unless it shall be cut or stall half way.
    fn whole_body(&self, ask: &Ask, whole: &Value, watch: Watch) -> Paced {
        let text = whole.to_string();
        let broken = ask.directives.has("bad_utf8_after");
        let bytes = Bytes::from(if broken { effect::broken(&text) } else { text.into_bytes() });
        let last = match (ask.directives.has("cut_after"), ask.directives.has("stall_after")) {
            (true, _) => Step::Cut,
            (_, true) => Step::Stall,
            _ => return Paced::whole(bytes, Some(watch)),
        };
        let half = Step::Bytes(bytes.slice(..bytes.len() / 2));
        let length = Some(bytes.len() as u64);
        Paced::new(vec![half, Step::Flush, last], length, Some(watch))
    }

    /// A response with the provider's headers.
    pub(crate) fn response(
        &self,
        status: u16,
        kind: &str,
        body: Paced,
        more: &[(&'static str, String)],
    ) -> Response<Paced> {
        let mut builder = Response::builder().status(status).header("content-type", kind);
        for (name, value) in self.provider.headers(&self.stamp).iter().chain(more) {
            builder = builder.header(*name, value);
        }
        if echoes(self.body) {
            for (name, value) in self.headers {
                builder = builder.header(format!("x-sim-echo-{name}"), value);
            }
        }
        builder.body(body).unwrap_or_else(|_| Response::new(Paced::whole("", None)))
    }
}

/// Whether the body holds the directive that echoes headers.
fn echoes(body: &[u8]) -> bool {
    body.windows(12).any(|window| window == b"echo_headers")
}

/// Faults that stand in the name of the model: `sim-x-fail` (500), `sim-x-fail-529`, `sim-x-cut`, `sim-x-slow`.
fn by_name(model: &str) -> Option<Directives> {
    let inner = if model.ends_with("-fail") {
        "status=500".to_owned()
    } else if model.ends_with("-cut") {
        "cut_after=3".to_owned()
    } else if model.ends_with("-slow") {
        "first_ms=2000 pace_ms=200".to_owned()
    } else {
        let (_, status) = model.rsplit_once("-fail-")?;
        format!("status={status}")
    };
    Directives::parse_inner(&inner).ok()
}
