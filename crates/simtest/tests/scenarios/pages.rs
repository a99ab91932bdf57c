//! The public pages as browsers and programs get them. Never here: what pages say (pages), real browsers (tests/console), a shell that runs a
//! script (tests/process).

use crate::open;
use bytes::Bytes;
use http::Response;
use std::io::Read;

fn header<'a>(answer: &'a Response<Bytes>, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn text(answer: &Response<Bytes>) -> &str {
    std::str::from_utf8(answer.body()).unwrap_or("no text")
}

const PAGES: [(&str, &str); 14] = [
    ("/docs", "text/html; charset=utf-8"),
    ("/docs/", "text/html; charset=utf-8"),
    ("/docs/quickstart", "text/html; charset=utf-8"),
    ("/docs/quickstart.md", "text/markdown; charset=utf-8"),
    ("/docs/index.md", "text/markdown; charset=utf-8"),
    ("/docs/api", "text/html; charset=utf-8"),
    ("/docs/api/api-manage", "text/html; charset=utf-8"),
    ("/pricing", "text/html; charset=utf-8"),
    ("/status", "text/html; charset=utf-8"),
    ("/legal/terms", "text/html; charset=utf-8"),
    ("/llms.txt", "text/plain; charset=utf-8"),
    ("/robots.txt", "text/plain; charset=utf-8"),
    ("/sitemap.xml", "application/xml; charset=utf-8"),
    ("/downloads/tollgate.env", "text/plain; charset=utf-8"),
];

/// R-WEB-2: pages need no key and no script, nothing on them may run, and who has one already is told so.
#[tokio::test(start_paused = true)]
async fn r_web_2_pages_are_open_and_nothing_on_them_runs() {
    let sim = open().await;
    for (path, kind) in PAGES {
        let page = sim.visit_with("GET", path, &[("host", "gw.example"), ("accept", "text/html")]).await;
        assert_eq!((page.status().as_u16(), header(&page, "content-type")), (200, kind), "{path}");
        let policy = header(&page, "content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("script"),
            "{policy}"
        );
        assert!(!text(&page).contains("<script") && !text(&page).contains(" onload="), "{path}");
        assert!(header(&page, "x-request-id").starts_with("req_"), "{path}");
        let tag = header(&page, "etag").to_owned();
        let again = sim.visit_with("GET", path, &[("host", "gw.example"), ("if-none-match", &tag)]).await;
        assert_eq!((again.status().as_u16(), again.body().len()), (304, 0), "{path}");
        let packed = sim.visit_with("GET", path, &[("host", "gw.example"), ("accept-encoding", "gzip, br")]).await;
        assert_eq!(header(&packed, "content-encoding"), "gzip", "{path}");
        assert_ne!(header(&packed, "etag"), tag, "{path}");
        let mut whole = String::new();
        flate2::read::GzDecoder::new(&packed.body()[..]).read_to_string(&mut whole).unwrap();
        // The instant of the status moves on.
        assert!(whole == text(&page) || path == "/status", "{path}");
    }
}

/// R-WEB-2: links begin with the host that was asked at, and a host that is none becomes part of no page.
#[tokio::test(start_paused = true)]
async fn r_web_2_pages_have_the_address_of_this_deployment() {
    let sim = open().await;
    let page = sim.visit_with("GET", "/docs/quickstart.md", &[("host", "gw.example:8443")]).await;
    assert!(text(&page).contains("base_url=\"http://gw.example:8443/v1\""), "{}", text(&page));
    for hostile in ["a\"><script>x", "a'$(id)", "a zz", "`id`"] {
        for path in ["/docs/quickstart", "/install.sh", "/llms.txt"] {
            let page = sim.visit_with("GET", path, &[("host", hostile)]).await;
            assert_eq!(page.status().as_u16(), 200, "{path} {hostile}");
            assert!(!text(&page).contains(hostile) && !text(&page).contains("<script"), "{path} {hostile}");
        }
    }
}

/// R-WEB-2: what is not there is a page that says so, and other methods are refused.
#[tokio::test(start_paused = true)]
async fn r_web_2_what_is_not_there_is_told() {
    let sim = open().await;
    for path in
        ["/docs/nothing", "/docs/nothing.md", "/docs/.md", "/docs/api/x", "/legal/x", "/downloads/x", "/docs/../x"]
    {
        let page = sim.visit_with("GET", path, &[("accept", "text/html")]).await;
        assert_eq!(page.status().as_u16(), 404, "{path}");
    }
    assert!(text(&sim.visit("GET", "/docs/nothing").await).contains("No such page"));
    for path in ["/docs", "/install.sh", "/pricing"] {
        assert_eq!(sim.visit("POST", path).await.status().as_u16(), 405, "{path}");
    }
    let log = sim.log.take();
    assert!(log.contains("endpoint=pages") && !log.contains("nothing"), "{log}");
}

/// R-WEB-2: every link between public pages leads somewhere.
#[tokio::test(start_paused = true)]
async fn r_web_2_every_link_leads_somewhere() {
    let sim = open().await;
    let (mut open, mut seen) = (vec!["/docs".to_owned()], Vec::<String>::new());
    while let Some(path) = open.pop() {
        if seen.contains(&path) {
            continue;
        }
        let page = sim.visit_with("GET", &path, &[("host", "gw.example"), ("accept", "text/html")]).await;
        // The paper of this room has no pages of the console.
        let console = ["/sign-in", "/sign-up", "/device", "/favicon.svg"].contains(&path.as_str());
        assert!(page.status().as_u16() == 200 || console, "{path}: {}", page.status());
        seen.push(path);
        if !header(&page, "content-type").starts_with("text/html") {
            continue;
        }
        for part in ["href=\"", "src=\""] {
            let links = text(&page).split(part).skip(1).filter_map(|rest| rest.split(['"', '#', '?']).next());
            let here = |link: &str| link.strip_prefix("http://gw.example").unwrap_or(link).to_owned();
            open.extend(links.map(here).filter(|link| link.starts_with('/') && !link.starts_with("//")));
        }
    }
    assert!(seen.len() > 60, "{}: {seen:?}", seen.len());
}

/// R-WEB-2: what the price page says is what the catalogue in force has, for every model and class.
#[tokio::test(start_paused = true)]
async fn r_web_2_the_price_page_is_the_catalogue() {
    let sim = open().await;
    let told = sim.visit("GET", "/pricing.md").await;
    let listed = sim.exchange("GET", "/v1/models", &serde_json::Value::Null).await;
    let listed: serde_json::Value = serde_json::from_slice(listed.body()).unwrap();
    let models = listed["data"].as_array().unwrap();
    assert!(!models.is_empty());
    for model in models {
        let id = model["id"].as_str().unwrap();
        let row = text(&told)
            .lines()
            .find(|line| line.starts_with(&format!("| `{id}` |")))
            .unwrap_or_else(|| panic!("{id}"));
        let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        for (class, price) in model["pricing"].as_object().unwrap() {
            let price = price.as_str().unwrap();
            let free = cells.contains(&"free") && price.trim_matches(['0', '.']).is_empty();
            assert!(free || row.contains(price), "{id} {class} {price}: {row}");
        }
    }
}

/// R-WEB-3: a key in an address comes into a script only letter by letter, nobody keeps the answer, and no log has it.
#[tokio::test(start_paused = true)]
async fn r_web_3_keys_in_addresses_stay_secret() {
    let sim = open().await;
    for path in ["/install.sh", "/install.ps1"] {
        let open = sim.visit("GET", path).await;
        assert_eq!((open.status().as_u16(), header(&open, "content-type")), (200, "text/plain; charset=utf-8"));
        let with = sim.visit("GET", &format!("{path}?key=sk-canary_4711")).await;
        assert!(text(&with).contains("'sk-canary_4711'") && header(&with, "cache-control").contains("no-store"));
        for hostile in ["%27%3Bid%3B%27", "a%0Ab", "$(id)", "%60id%60", "", "a&key=b", "%22", "a%5C", "%C3%A9"] {
            let answer = sim.visit("GET", &format!("{path}?key={hostile}")).await;
            assert_eq!(answer.status().as_u16(), 400, "{hostile}");
            assert!(text(&answer).starts_with("# ") && text(&answer).lines().count() == 1, "{hostile}");
        }
    }
    let log = sim.log.take();
    assert!(log.contains("endpoint=install") && !log.contains("canary"), "{log}");
}
