//! Who asks the management API: an operator's token, a program's key, or a session's cookie; nothing else opens it. In: headers, where they
//! come from. Out: a principal, found once, before any handler. Never here: what a principal may do (api/routes.rs).

use super::{LiveSession, Program};
use crate::house::House;
use crate::limits::AGENT_CHARS_MAX;
use http::header::{AUTHORIZATION, COOKIE as COOKIES, HOST, ORIGIN, USER_AGENT};
use http::{HeaderMap, Uri};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;
use store::port::{AuditEntry, OperatorTokenRow, Role, UserRow};
use units::{Timestamp, WorkspaceId};

/// The cookie of a session. Browsers take the prefix for a promise: this host alone, every path, TLS alone.
pub const COOKIE: &str = "__Host-tollgate-session";

/// A user at work.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Where they are signed in.
    pub session: Arc<LiveSession>,
    /// Who they are.
    pub user: Arc<UserRow>,
}

/// Who it is.
#[derive(Clone, Debug)]
pub enum Who {
    /// Nobody that is known.
    Nobody,
    /// An operator's token.
    Token(OperatorTokenRow),
    /// A program, in one workspace.
    Program(Arc<Program>),
    /// A user whose second factor is still out.
    Half(Signed),
    /// A user.
    User(Signed),
}

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Who.
    pub who: Who,
    /// From where, as far as the connection tells.
    pub address: String,
    /// What they use.
    pub agent: String,
}

impl Principal {
    /// What the log calls them.
    pub fn name(&self) -> &str {
        match &self.who {
            Who::Nobody => "nobody",
            Who::Token(token) => &token.name,
            Who::Program(program) => &program.name,
            Who::Half(signed) | Who::User(signed) => &signed.user.email,
        }
    }

    /// Whether they run the platform.
    pub fn is_operator(&self) -> bool {
        match &self.who {
            Who::Token(_) => true,
            Who::User(signed) => signed.user.operator,
            Who::Nobody | Who::Half(_) | Who::Program(_) => false,
        }
    }

    /// The user, where it is one whose sign-in is complete.
    pub fn user(&self) -> Option<&Signed> {
        match &self.who {
            Who::User(signed) => Some(signed),
            _ => None,
        }
    }

    /// What they may do in a workspace as a member of it, which a program is of one.
    pub fn role_in(&self, house: &House, workspace: WorkspaceId) -> Option<Role> {
        match &self.who {
            Who::User(signed) => house.people.role(workspace, signed.user.id),
            Who::Program(program) => Some(program.row.role).filter(|_| program.row.workspace == workspace),
            Who::Nobody | Who::Token(_) | Who::Half(_) => None,
        }
    }

    /// The session, complete or not.
    pub fn signed(&self) -> Option<&Signed> {
        match &self.who {
            Who::User(signed) | Who::Half(signed) => Some(signed),
            _ => None,
        }
    }

    /// The same as of now, if they are still let in. That is no sign of life: a page that only watches does not keep its session.
    pub fn again(&self, house: &House) -> Option<Self> {
        let now = house.clock.now();
        let who = match &self.who {
            Who::Token(token) => Who::Token(house.tokens.find(&token.digest)?),
            Who::Program(program) => {
                let found = house.programs.find(&program.row.digest)?;
                found.works(&house.people, now).then_some(Who::Program(found))?
            }
            Who::User(signed) => {
                let session = house.people.session(&signed.session.row.digest, now)?;
                let user = house.people.user(signed.user.id)?;
                let may = user.disabled_at.is_none() && user.epoch == session.row.epoch && !session.is_idle(now);
                may.then_some(Who::User(Signed { session, user }))?
            }
            Who::Nobody | Who::Half(_) => return None,
        };
        Some(Self { who, address: self.address.clone(), agent: self.agent.clone() })
    }

    /// An entry of the log about what they did.
    pub fn did(&self, at: Timestamp, action: &str, object: &impl ToString, detail: &Value) -> AuditEntry {
        AuditEntry {
            at,
            actor: self.name().to_owned(),
            action: action.to_owned(),
            object: object.to_string(),
            detail: detail.to_string(),
            address: self.address.clone(),
            ..AuditEntry::default()
        }
    }

    /// The same about something in a workspace.
    pub fn did_in(
        &self,
        workspace: WorkspaceId,
        at: Timestamp,
        action: &str,
        object: &impl ToString,
    ) -> AuditEntry {
        let entry = self.did(at, action, object, &Value::Object(serde_json::Map::new()));
        AuditEntry { workspace: Some(workspace), ..entry }
    }
}

/// Finds who asks. Who sends an `Authorization` is who it says or nobody; a cookie beside it counts for nothing.
pub async fn principal_of(house: &House, headers: &HeaderMap, from: Option<IpAddr>) -> Principal {
    let who = match headers.contains_key(AUTHORIZATION) {
        true => by_token(house, headers),
        false => by_cookie(house, headers).await,
    };
    let agent = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("");
    Principal {
        who,
        address: from.map(|address| address.to_string()).unwrap_or_default(),
        agent: agent.chars().take(AGENT_CHARS_MAX).collect(),
    }
}

fn by_token(house: &House, headers: &HeaderMap) -> Who {
    let value = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or("");
    let text = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let text = text.map_or("", |(_, token)| token.trim());
    if admit::is_well_formed(text).is_err() {
        return Who::Nobody;
    }
    let digest = house.vault.digest(text);
    if let Some(token) = house.tokens.find(&digest) {
        return Who::Token(token);
    }
    let program = house.programs.find(&digest).filter(|program| program.works(&house.people, house.clock.now()));
    program.map_or(Who::Nobody, Who::Program)
}

async fn by_cookie(house: &House, headers: &HeaderMap) -> Who {
    let Some(text) = cookie(headers) else { return Who::Nobody };
    let now = house.clock.now();
    let Some(session) = house.people.session(&house.vault.digest(text), now) else { return Who::Nobody };
    let Some(user) = house.people.user(session.row.user) else { return Who::Nobody };
    if user.disabled_at.is_some() || user.epoch != session.row.epoch {
        return Who::Nobody;
    }
    if session.is_idle(now) {
        // Another node may have seen it since.
        if let Ok(Some(row)) = house.store_people.find_session(session.row.id).await {
            session.was_seen(row.seen_at);
        }
        if session.is_idle(now) {
            return Who::Nobody;
        }
    }
    if session.touch(now) && house.store_people.touch_session(session.row.id, now).await.is_err() {
        house.log.warn("session.touch_failed", &[]);
    }
    let whole = session.row.aal > 0;
    let signed = Signed { session, user };
    if whole { Who::User(signed) } else { Who::Half(signed) }
}

/// The text of the session's cookie; two different ones are none.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let mut found = None;
    for value in headers.get_all(COOKIES) {
        for pair in value.to_str().ok()?.split(';') {
            match pair.trim().split_once('=') {
                Some((COOKIE, text)) if found.is_none_or(|other| other == text) => found = Some(text),
                Some((COOKIE, _)) => return None,
                _ => {}
            }
        }
    }
    found
}

/// Whether a browser that sent this was on a page of this server; who is no browser says nothing about that.
pub fn is_from_here(public_url: Option<&str>, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or(""));
    // `none` is a person who typed the address.
    let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let authority = |address: &str| {
        let uri: Uri = address.parse().ok()?;
        Some(uri.authority()?.as_str().to_ascii_lowercase())
    };
    let origin = text(ORIGIN.as_str()).is_none_or(|origin| {
        let from = authority(origin);
        let host = text(HOST.as_str()).map(str::to_ascii_lowercase);
        from.is_some() && (from == host || from == public_url.and_then(authority))
    });
    site && origin
}

/// What unsafe requests of a session must carry in `X-CSRF-Token`.
pub fn csrf_of(house: &House, session: &LiveSession) -> String {
    house.vault.csrf(&session.row.digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(n, v): &(&str, &str)| (n.parse::<http::HeaderName>().unwrap(), v.parse().unwrap());
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn one_cookie_is_found_among_others() {
        let found = |all: &[&str]| {
            let pairs: Vec<(&str, &str)> = all.iter().map(|value| ("cookie", *value)).collect();
            cookie(&headers(&pairs)).map(str::to_owned)
        };
        assert_eq!(found(&["a=b; __Host-tollgate-session=x; c=d"]), Some("x".into()));
        assert_eq!(found(&["__Host-tollgate-session=x", "__Host-tollgate-session=x"]), Some("x".into()));
        assert_eq!(found(&["__Host-tollgate-session=x; __Host-tollgate-session=y"]), None);
        assert_eq!(found(&["x__Host-tollgate-session=x", "tollgate-session=x"]), None);
    }

    /// T15: pages of others are told apart by what browsers say of them.
    #[test]
    fn pages_of_others_are_told_apart() {
        let here = |pairs: &[(&str, &str)]| {
            let host = ("host", "api.example.com:8443");
            is_from_here(Some("https://public.example.com"), &headers(&[pairs, &[host]].concat()))
        };
        for good in [
            &[][..],
            &[("origin", "https://api.example.com:8443")],
            &[("origin", "https://PUBLIC.example.com"), ("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
        ] {
            assert!(here(good), "{good:?}");
        }
        for bad in [
            &[("origin", "null")][..],
            &[("origin", "")],
            &[("origin", "https://api.example.com")],
            &[("origin", "https://api.example.com:8443.evil.example")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
            &[("origin", "https://api.example.com:8443"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site")],
        ] {
            assert!(!here(bad), "{bad:?}");
        }
    }
}
