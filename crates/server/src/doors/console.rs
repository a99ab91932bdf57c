//! The console's door: its page at every path that it has, its files. In: GET of a browser. Out: HTML that lets in nothing but its
//! own files, files that are kept for ever. Paths of the API never get here. Never here: what the pages do (web).

use super::only;
use crate::console::{ConsoleFile, NONCE_MARK};
use crate::entry::Door;
use crate::house::{House, Worker};
use crate::visit::{UNKNOWN, Visit};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use std::sync::Arc;

/// What visits of files are called; good ones are no news (visit.rs).
pub const FILE: &str = "console.file";
/// What visits of pages are called.
const PAGE: &str = "console";
/// Random bytes of a nonce.
const NONCE_BYTES: usize = 18;
/// Names of files under here hold a digest of what is in them.
const ASSETS: &str = "assets/";
/// What no page may do; only its own origin is talked to, so there is nothing else to forbid.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Adds what has a path of its own: the root, and the files that pages load.
pub fn add(router: Router<Worker>, house: &Arc<House>) -> Router<Worker> {
    let (root, file) = (Door::nowhere(house, "root"), Door::nowhere(house, FILE));
    let begin = get(move |State(worker): State<Worker>, request: Request<Body>| async move {
        page(Visit::new(&worker.house, root, &request), true)
    });
    let load = get(move |State(worker): State<Worker>, request: Request<Body>| async move {
        match found(&worker.house, &request) {
            Some(response) => Visit::new(&worker.house, file, &request).page(response, None),
            None => super::nowhere(State(worker), request).await,
        }
    });
    router
        // Claude Code asks HEAD / before its first call.
        .route("/", only(root, "GET", begin))
        .route("/assets/{*file}", only(file, "GET", load))
}

/// Answers a browser at a path of the console, or at one that nobody has; everybody else is none of its business.
pub fn answer(house: &House, request: &Request<Body>) -> Option<Response<Body>> {
    let path = request.uri().path();
    if !matches!(*request.method(), Method::GET | Method::HEAD) || is_api(house, path) {
        return None;
    }
    if let Some(response) = found(house, request) {
        return Some(Visit::new(house, Door::nowhere(house, FILE), request).page(response, None));
    }
    let known = house.console.knows(path);
    let endpoint = if known { PAGE } else { UNKNOWN };
    (known || wants_html(request.headers()))
        .then(|| page(Visit::new(house, Door::nowhere(house, endpoint), request), known))
}

/// Whether programs look here: they never get HTML.
fn is_api(house: &House, path: &str) -> bool {
    path == "/api" || path.starts_with("/api/") || house.surfaces.of(path).is_some()
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// The page, with a nonce that nobody had before. Of a path that nobody has it says so itself.
fn page(visit: Visit<'_>, known: bool) -> Response<Body> {
    let house = visit.house();
    let mut random = [0; NONCE_BYTES];
    house.chance.fill(&mut random);
    let nonce = BASE64_STANDARD.encode(random);
    let text = house.console.page().replace(NONCE_MARK, &nonce);
    let html = text.starts_with("<!doctype html>");
    let mut response = Response::new(Body::from(text));
    if !known {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    let headers = response.headers_mut();
    let kind = if html { "text/html; charset=utf-8" } else { "text/plain; charset=utf-8" };
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
        (PERMISSIONS_POLICY, PERMISSIONS),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Base64 is plain ASCII, so the policy always is a header value.
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    visit.page(response, (!known).then_some("not_found"))
}

/// A file by its path, as its reader takes it; the page itself and lists for the server are none.
fn found(house: &House, request: &Request<Body>) -> Option<Response<Body>> {
    let path = request.uri().path().trim_start_matches('/');
    let kind = kind_of(path)?;
    let plain = house.console.file(path)?;
    let headers = request.headers();
    let packed = |end: &str, name: &'static str| {
        accepts(headers, name)
            .then(|| house.console.file(&format!("{path}.{end}")))
            .flatten()
            .map(|file| (file, name))
    };
    let (file, coding) = match packed("br", "br").or_else(|| packed("gz", "gzip")) {
        Some((file, name)) => (file, Some(name)),
        None => (plain, None),
    };
    let lasts = path.starts_with(ASSETS);
    let cache = if lasts { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    Some(give(Given { file, kind, coding, cache }, headers))
}

/// A file as it goes out.
pub struct Given {
    /// What is in it, as it is coded.
    pub file: ConsoleFile,
    /// Its type.
    pub kind: &'static str,
    /// How it is coded, where it is.
    pub coding: Option<&'static str>,
    /// How long it may be kept.
    pub cache: &'static str,
}

/// The answer with a file, or that its reader has it.
pub fn give(
    Given { file: ConsoleFile { bytes, digest }, kind, coding, cache }: Given,
    asked: &HeaderMap,
) -> Response<Body> {
    let tag = format!("\"{}\"", base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(&digest[..NONCE_BYTES]));
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    let fresh = known.flat_map(|list| list.split(',')).any(|one| one.trim().trim_start_matches("W/") == tag);
    let mut response = Response::new(if fresh { Body::empty() } else { Body::from(bytes) });
    if fresh {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, cache),
        (VARY, "accept-encoding"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(coding) = coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// Whether a coding is taken: named, and not with a weight of nothing.
pub fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let nothing = |weight: &str| weight.trim_matches(['0', '.']).is_empty();
        named && !parts.any(|part| part.strip_prefix("q=").is_some_and(nothing))
    })
}

/// What a file is, by the end of its name. What is not listed is given to nobody.
fn kind_of(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_taken_by_their_names() {
        let takes =
            |list: &str, coding| accepts(&HeaderMap::from_iter([(ACCEPT_ENCODING, list.parse().unwrap())]), coding);
        assert!(takes("gzip, deflate, br", "br") && takes("BR;q=0.5", "br") && takes("gzip;q=1.0", "gzip"));
        assert!(!takes("gzip", "br") && !takes("br;q=0", "br") && !takes("br;q=0.0, gzip", "br"));
        assert!(!takes("brotli", "br") && !takes("*", "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn only_files_for_browsers_are_given_out() {
        for (path, kind) in [("assets/x.js", "text/javascript; charset=utf-8"), ("favicon.svg", "image/svg+xml")] {
            assert_eq!(kind_of(path), Some(kind), "{path}");
        }
        for path in ["index.html", "paths.json", ".vite/manifest.json", "assets/x.js.br", "assets/x.js.gz", "x", ""]
        {
            assert_eq!(kind_of(path), None, "{path}");
        }
    }
}
