//! A person at a browser: a cookie, the token that goes with it, and letters to read. In: a gateway, its data folder.
//! Out: answers. Never here: what is expected of them.

use crate::{Outcome, Reply, at, exchange, raw, wait_until};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
/// The cookie of a session.
const COOKIE: &str = "__Host-tollgate-session";
/// So many characters has a token of a letter.
const TOKEN: usize = 43;

/// A browser with at most one session.
#[derive(Clone, Debug)]
pub struct Browser {
    address: SocketAddr,
    data: PathBuf,
    /// The session's secret; empty without one.
    pub cookie: String,
    /// What goes with it.
    pub csrf: String,
}

impl Browser {
    /// One that is signed in nowhere.
    pub fn new(address: SocketAddr, data: &Path) -> Self {
        Self { address, data: data.to_owned(), cookie: String::new(), csrf: String::new() }
    }

    /// Where it asks.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same at another node.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// Sends something with further headers, and takes over the session that the answer opens.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn with(&mut self, method: &str, path: &str, more: &[(&str, &str)], body: &Value) -> Outcome<Reply> {
        let cookie = format!("{COOKIE}={}", self.cookie);
        let mut headers = vec![("user-agent", "process test")];
        if !self.cookie.is_empty() {
            headers.extend([("cookie", cookie.as_str()), ("x-csrf-token", &self.csrf)]);
        }
        // A header that is given takes the place of the usual one.
        headers.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
        headers.extend(more);
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = raw(method, &format!("/api/manage{path}"), &headers, &bytes);
        let reply = exchange(self.address, &request, PATIENCE).map_err(at(path))?;
        let set = reply.head.get("set-cookie");
        if let Some(rest) = set.strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('=')) {
            self.cookie = rest.split(';').next().unwrap_or("").to_owned();
        }
        let told = reply.json();
        let csrf = told["csrf_token"].as_str().or(told["session"]["csrf_token"].as_str());
        if let Some(csrf) = csrf {
            self.csrf = csrf.to_owned();
        }
        Ok(reply)
    }

    /// Sends something; the status and the body.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn ask(&mut self, method: &str, path: &str, body: &Value) -> Outcome<(u16, Value)> {
        let reply = self.with(method, path, &[], body)?;
        Ok((reply.head.status, reply.json()))
    }

    /// The token of the newest letter to an address about something, and how many letters about it there are.
    ///
    /// # Errors
    /// When none comes.
    pub fn letter(&self, to: &str, about: &str) -> Outcome<String> {
        wait_until(&format!("a letter to {to}: {about}"), PATIENCE, || {
            let letters = self.letters(to, about);
            let token = letters.last().and_then(|text| {
                let plain = |line: &&str| {
                    line.len() == TOKEN && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
                };
                text.lines().find(plain).map(str::to_owned)
            });
            Ok(token)
        })
    }

    /// Letters to an address about something, oldest first.
    pub fn letters(&self, to: &str, about: &str) -> Vec<String> {
        let dir = std::fs::read_dir(self.data.join("mail"));
        let mut paths: Vec<PathBuf> = dir.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|end| end == "eml"));
        paths.sort();
        let texts = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok());
        let fits = |text: &String| text.contains(&format!("To: {to}")) && text.contains(about);
        texts.filter(fits).collect()
    }
}
