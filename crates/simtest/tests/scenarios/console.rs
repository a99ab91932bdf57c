//! The door of the console: pages at its own paths, files, and never HTML for a program. Never here: the pages (web).

use bytes::Bytes;
use http::Response;
use simtest::{Setup, SimHouse};

async fn paper() -> SimHouse {
    SimHouse::open(Setup { console: true, ..Setup::default() }).await
}

fn header<'r>(response: &'r Response<Bytes>, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap_or(""))
}

/// R-WEB-1: a page is at every path of the console, under a policy with a nonce that no other page has; browsers at paths that
/// nobody has get it with 404.
#[tokio::test(start_paused = true)]
async fn r_web_1_pages_are_under_a_policy() {
    let sim = paper().await;
    let html = [("accept", "text/html,application/xhtml+xml")];
    let mut nonces = Vec::new();
    for (path, headers, status) in [
        ("/", &[][..], 200),
        ("/keys", &[], 200),
        ("/keys/key_1?workspace=x", &html, 200),
        ("/nothing", &html, 404),
        ("/keys/a/b", &html, 404),
    ] {
        let page = sim.visit_with("GET", path, headers).await;
        assert_eq!(page.status().as_u16(), status, "{path}");
        let policy = header(&page, "content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
        let body = std::str::from_utf8(page.body()).unwrap();
        assert_eq!(body.matches(&format!("nonce=\"{nonce}\"")).count(), 2, "{path}: {body}");
        assert!(nonce.len() >= 24 && !nonces.contains(&nonce), "{path}: {nonce}");
        nonces.push(nonce);
        for part in [
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(header(&page, name), value, "{path} {name}");
        }
        assert!(header(&page, "permissions-policy").contains("camera=()"), "{path}");
        assert!(header(&page, "x-request-id").starts_with("req_"), "{path}");
    }
}

/// R-WEB-1, R-API-15: programs get no HTML: not at paths of the API, whatever they accept, nor where they ask for none.
#[tokio::test(start_paused = true)]
async fn r_web_1_programs_get_no_html() {
    let sim = paper().await;
    let html = [("accept", "text/html")];
    for (method, path, headers, status) in [
        ("GET", "/api", &html[..], 404),
        ("GET", "/api/nothing", &html, 404),
        ("GET", "/api/manage/nothing", &html, 404),
        ("GET", "/v1/nothing", &html, 404),
        ("GET", "/v1/models", &html, 401),
        ("GET", "/anthropic/v1/x", &html, 404),
        ("GET", "/nothing", &[], 404),
        ("POST", "/keys", &html, 404),
        ("POST", "/", &html, 405),
        ("GET", "/assets/nothing.js", &[], 404),
        ("GET", "/index.html", &[], 404),
        ("GET", "/paths.json", &[], 404),
        ("GET", "/assets/app.js.br", &[], 404),
        ("GET", "/assets/..%2findex.html", &[], 404),
    ] {
        let answer = sim.visit_with(method, path, headers).await;
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        assert!(header(&answer, "content-type").starts_with("application/"), "{method} {path}");
    }
    // Claude Code asks this before its first call.
    let head = sim.visit("HEAD", "/").await;
    assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
}

/// R-WEB-1: files are compressed once, kept for ever by their names, and asked for again by their tags.
#[tokio::test(start_paused = true)]
async fn r_web_1_files_are_kept_and_compressed() {
    let sim = paper().await;
    let mut tags = Vec::new();
    for (accepts, coding, body) in [
        ("", "", "plain"),
        ("gzip, deflate, br, zstd", "br", "brotli"),
        ("gzip", "gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", "gzip"),
        ("identity", "", "plain"),
    ] {
        let file = sim.visit_with("GET", "/assets/app.js", &[("accept-encoding", accepts)]).await;
        assert_eq!((file.status().as_u16(), &file.body()[..]), (200, body.as_bytes()), "{accepts}");
        for (name, value) in [
            ("content-encoding", coding),
            ("content-type", "text/javascript; charset=utf-8"),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("vary", "accept-encoding"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(header(&file, name), value, "{accepts} {name}");
        }
        let tag = header(&file, "etag").to_owned();
        let again = [("accept-encoding", accepts), ("if-none-match", &*tag)];
        let again = sim.visit_with("GET", "/assets/app.js", &again).await;
        assert_eq!((again.status().as_u16(), again.body().len(), header(&again, "etag")), (304, 0, &*tag));
        tags.push((body, tag));
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3, "a tag for each coding");
    let robots = sim.visit("GET", "/humans.txt").await;
    assert_eq!((robots.status().as_u16(), header(&robots, "cache-control")), (200, "public, max-age=3600"));
    // Files are asked for with every page: good ones are no news.
    let log = sim.log.take();
    assert!(!log.contains("console.file"), "{log}");
}

/// R-API-14: without a console the root answers all the same, and nothing else is changed.
#[tokio::test(start_paused = true)]
async fn r_api_14_without_a_console_the_root_answers() {
    let sim = crate::open().await;
    let root = sim.visit_with("GET", "/", &[("accept", "text/html")]).await;
    assert_eq!((root.status().as_u16(), &root.body()[..]), (200, &b"Tollgate\n"[..]));
    assert_eq!(header(&root, "content-type"), "text/plain; charset=utf-8");
    assert_eq!(sim.visit("GET", "/keys").await.status().as_u16(), 404);
}
