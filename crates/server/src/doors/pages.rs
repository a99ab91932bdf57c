//! The doors of the public pages: documentation, prices, status, legal notices, set-up scripts, files for programs. In: GET of anybody.
//! Out: HTML without a script, Markdown, texts. Never here: what a page says (pages), the console's pages (console).

use super::console::{Given, accepts, give};
use super::only;
use crate::assets::origin;
use crate::entry::Door;
use crate::house::{House, Worker};
use crate::openapi;
use crate::pages::{Made, facts};
use crate::people::principal_of;
use crate::visit::Visit;
use crate::{address, api};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use pages::{Document, Entry, Facts, Reader};
use std::sync::Arc;
use store::port::KeyRow;

/// What visits are called.
const PAGE: &str = "pages";
/// What visits of set-up scripts are called.
const SCRIPT: &str = "install";

/// Paths that stand for themselves.
const PATHS: [&str; 14] = [
    "/docs",
    "/docs/",
    "/docs/{name}",
    "/docs/api/{name}",
    "/pricing",
    "/pricing.md",
    "/status",
    "/status.md",
    "/legal/{name}",
    "/llms.txt",
    "/llms-full.txt",
    "/robots.txt",
    "/sitemap.xml",
    "/downloads/{name}",
];
const SCRIPTS: [&str; 2] = ["/install.sh", "/install.ps1"];

const HTML: &str = "text/html; charset=utf-8";
const MARKDOWN: &str = "text/markdown; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
/// Nothing runs, nothing is loaded but the style and the picture of the tab.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Pages are read anew after a while: models and prices change.
const SHORTLY: &str = "public, max-age=300";
const FRESH: &str = "public, max-age=60";
const NEVER: &str = "private, no-store";

/// Adds every public page.
pub fn add(mut router: Router<Worker>, house: &Arc<House>) -> Router<Worker> {
    let (page_door, script_door) = (Door::nowhere(house, PAGE), Door::nowhere(house, SCRIPT));
    for path in PATHS {
        let show = get(move |State(worker): State<Worker>, request: Request<Body>| async move {
            // Nothing is read of a body; without it the rest may be kept while the store is asked.
            page(&worker.house, page_door, request.map(drop)).await
        });
        router = router.route(path, only(page_door, "GET", show));
    }
    for path in SCRIPTS {
        let show = get(move |State(worker): State<Worker>, request: Request<Body>| async move {
            let visit = Visit::new(&worker.house, script_door, &request);
            let response = script(&worker.house, &request);
            let fault = (response.status() == StatusCode::BAD_REQUEST).then_some("invalid_key");
            visit.page(response, fault)
        });
        router = router.route(path, only(script_door, "GET", show));
    }
    router
}

/// What is at a path.
struct Found {
    kind: &'static str,
    cache: &'static str,
    status: StatusCode,
    made: Arc<Made>,
}

async fn page(house: &House, door: Door, request: Request<()>) -> Response<Body> {
    let visit = Visit::new(house, door, &request);
    let (path, headers) = (request.uri().path(), request.headers());
    let origin = origin(house, headers);
    let found = match path {
        "/status" | "/status.md" => status(house, path, origin).await,
        _ => match reader(house, &request).await.filter(|_| is_personal(path)) {
            Some(reader) => {
                let facts = Facts { reader: Some(reader), ..facts(house, origin) };
                let (kind, text) = text_of(house, path, &facts).unwrap_or_else(|| (HTML, pages::lost(&facts)));
                Found { kind, cache: NEVER, status: StatusCode::OK, made: Arc::new(Made::new(text)) }
            }
            None => kept(house, path, &origin),
        },
    };
    let fault = (found.status == StatusCode::NOT_FOUND).then_some("not_found");
    visit.page(told(&found, headers), fault)
}

/// Whether a page tells its reader something of their own.
fn is_personal(path: &str) -> bool {
    matches!(path, "/docs/quickstart" | "/docs/quickstart.md")
}

/// A page that is the same for everybody.
fn kept(house: &House, path: &str, origin: &str) -> Found {
    let version = house.catalogue.load().catalogue.version;
    let kind = kind_of(path);
    let (mut status, mut key) = (StatusCode::OK, path.trim_end_matches('/'));
    if !is_there(house, path) {
        // However many paths there are not, what is said of them is kept once.
        (status, key) = (StatusCode::NOT_FOUND, "");
    }
    let made = house.pages.of(version, key, origin, || {
        let facts = facts(house, origin.to_owned());
        text_of(house, path, &facts).map_or_else(|| pages::lost(&facts), |(_, text)| text)
    });
    let kind = if status == StatusCode::OK { kind } else { HTML };
    Found { kind, cache: SHORTLY, status, made }
}

async fn status(house: &House, path: &str, origin: String) -> Found {
    let health = house.pages.health(house).await;
    let facts = facts(house, origin);
    let text =
        if path == "/status" { pages::status(&facts, &health) } else { pages::status_markdown(&facts, &health) };
    Found { kind: kind_of(path), cache: FRESH, status: StatusCode::OK, made: Arc::new(Made::new(text)) }
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("md") => MARKDOWN,
        Some("css") => "text/css; charset=utf-8",
        Some("txt" | "env") => TEXT,
        Some("xml") => "application/xml; charset=utf-8",
        Some("yaml") => "application/yaml; charset=utf-8",
        Some("json") => "application/json",
        _ => HTML,
    }
}

/// The page of the documentation at a path, and whether it is asked for as Markdown.
fn doc_at(path: &str) -> Option<(&'static Entry, bool)> {
    let rest = path.strip_prefix("/docs")?.trim_matches('/');
    match rest.strip_suffix(".md") {
        Some("index") => pages::find("").map(|entry| (entry, true)),
        Some(name) if !name.is_empty() => pages::find(name).map(|entry| (entry, true)),
        Some(_) => None,
        None => pages::find(rest).map(|entry| (entry, false)),
    }
}

/// Whether there is something at a path, without making it.
fn is_there(house: &House, path: &str) -> bool {
    let below = |begin: &str| path.strip_prefix(begin).filter(|rest| !rest.is_empty());
    match path {
        "/pricing"
        | "/pricing.md"
        | "/llms.txt"
        | "/llms-full.txt"
        | "/robots.txt"
        | "/sitemap.xml"
        | "/docs/api"
        | pages::STYLE_PATH => true,
        _ => {
            doc_at(path).is_some()
                || below("/docs/api/")
                    .is_some_and(|name| documents(house).iter().any(|(known, _, _)| known == name))
                || below("/legal/").is_some_and(|name| ["terms", "privacy", "support", "licenses"].contains(&name))
                || below("/downloads/")
                    .is_some_and(|name| pages::downloads(&Facts::default()).iter().any(|file| file.name == name))
        }
    }
}

/// The type and the text of what is at a path.
fn text_of(house: &House, path: &str, facts: &Facts) -> Option<(&'static str, String)> {
    let text = match path {
        "/pricing" => pages::pricing(facts),
        "/pricing.md" => pages::pricing_markdown(facts),
        "/llms.txt" => pages::llms(facts),
        "/llms-full.txt" => pages::llms_full(facts),
        "/robots.txt" => pages::robots(facts),
        "/sitemap.xml" => pages::sitemap(facts),
        "/docs/api" => pages::references(facts, &documents(house)),
        "/legal/licenses" => pages::licenses(facts),
        pages::STYLE_PATH => pages::STYLE.to_owned(),
        _ => {
            if let Some((entry, markdown)) = doc_at(path) {
                if markdown { pages::doc_markdown(entry, facts) } else { pages::doc(entry, facts) }
            } else if let Some(name) = path.strip_prefix("/docs/api/") {
                reference(house, name, facts)?
            } else if let Some(name) = path.strip_prefix("/legal/") {
                pages::legal(name, facts)?
            } else {
                let name = path.strip_prefix("/downloads/")?;
                pages::downloads(facts).into_iter().find(|file| file.name == name)?.text
            }
        }
    };
    Some((kind_of(path), text))
}

/// The management API's base, as it is called in addresses.
const MANAGE: &str = "api-manage";

/// Every API that describes itself: its name in addresses, its base path, what it is.
fn documents(house: &House) -> Vec<(String, String, String)> {
    let about = |surface: &crate::surface::Surface| {
        let (families, style) = (surface.families.names().join(", "), surface.style.name());
        format!("Calls of models and the key's own account ({families}); errors in the style {style}.")
    };
    let name = |base: &str| base.trim_matches('/').replace('/', "-");
    let surfaces =
        house.surfaces.iter().map(|surface| (name(&surface.base), surface.base.to_string(), about(surface)));
    let manage = (
        MANAGE.to_owned(),
        "/api/manage".to_owned(),
        "Workspaces, members, keys, usage, the catalogue: for people's sessions and for programs.".to_owned(),
    );
    surfaces.chain([manage]).collect()
}

fn reference(house: &House, name: &str, facts: &Facts) -> Option<String> {
    let (name, base, about) = documents(house).into_iter().find(|(known, _, _)| known == name)?;
    let value = match house.surfaces.iter().find(|surface| surface.base == base) {
        Some(surface) => &openapi::document(surface),
        None => api::document_of_manage(),
    };
    Some(pages::reference(facts, &Document { name, base: &base, about, value }))
}

/// Who reads, where somebody is signed in.
async fn reader(house: &House, request: &Request<()>) -> Option<Reader> {
    if !request.headers().contains_key(COOKIE) || !is_personal(request.uri().path()) {
        return None;
    }
    let from = address::client(request, &house.settings.trusted_proxies);
    let principal = principal_of(house, request.headers(), from).await;
    let user = principal.user()?.user.id;
    let works = |row: &KeyRow| row.owner == Some(user) && row.revoked_at.is_none();
    let newest = house.keys.ids(works).into_iter().max().and_then(|id| house.keys.of_id(id));
    Some(Reader { key_prefix: newest.map(|key| key.prefix.to_string()) })
}

fn told(found: &Found, asked: &HeaderMap) -> Response<Body> {
    let (file, coding) = match accepts(asked, "gzip") {
        true => (found.made.gzip.clone(), Some("gzip")),
        false => (found.made.plain.clone(), None),
    };
    let mut response = give(Given { file, kind: found.kind, coding, cache: found.cache }, asked);
    if found.status != StatusCode::OK {
        *response.status_mut() = found.status;
    }
    guard(response.headers_mut());
    if is_private(found.cache) {
        response.headers_mut().insert(http::header::VARY, HeaderValue::from_static("accept-encoding, cookie"));
    }
    response
}

fn is_private(cache: &str) -> bool {
    cache == NEVER
}

/// What no page may do.
fn guard(headers: &mut HeaderMap) {
    const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A set-up script. What comes in its address is a secret: it is in no log, and nobody keeps the answer.
fn script(house: &House, request: &Request<Body>) -> Response<Body> {
    let query = request.uri().query().unwrap_or("");
    let mut keys =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "key").map(|(_, value)| value);
    let key = keys.next();
    let facts = facts(house, origin(house, request.headers()));
    let (status, text) = match &key {
        _ if facts.anthropic.is_none() => {
            (StatusCode::NOT_FOUND, "# This gateway does not speak Claude Code's language.\n".to_owned())
        }
        Some(key) if keys.next().is_some() || !pages::is_plain_key(key) => (
            StatusCode::BAD_REQUEST,
            "# What stands behind key= is neither a key nor a token. Nothing was done.\n".to_owned(),
        ),
        key if request.uri().path() == "/install.ps1" => {
            (StatusCode::OK, pages::install_ps1(&facts, key.as_deref()))
        }
        key => (StatusCode::OK, pages::install_sh(&facts, key.as_deref())),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(NEVER));
    guard(headers);
    response
}
