//! Text that means something to a database, in every place where people's routes take text (T1): nothing breaks, nothing
//! changes, nobody gets in. Never here: what routes do with good text (people.rs).

use process_tests::{Browser, Database, Folder, Gateway, Outcome, Setup, at, server};
use serde_json::{Value, json};

const PAYLOADS: [&str; 16] = [
    "'",
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE user_account; --",
    "'; UPDATE user_account SET operator = true; --",
    "\\' OR 1=1 #",
    "\" OR \"\"=\"",
    "') UNION SELECT id, digest FROM session --",
    "1; SELECT pg_sleep(5)",
    "$1",
    "?1",
    "%",
    "_%_",
    "a@example.com' OR folded LIKE '%",
    "x\u{0}y",
    "\u{202e}\u{feff}''",
];

/// Every place that takes text without a session.
fn bodies(payload: &str) -> Vec<(&str, Value)> {
    let email = format!("a{payload}@example.com");
    vec![
        ("/session", json!({ "email": payload, "password": payload })),
        ("/session", json!({ "email": email, "password": "x" })),
        ("/verify", json!({ "token": payload })),
        ("/verify/mail", json!({ "email": payload })),
        ("/password/forgotten", json!({ "email": email })),
        ("/password/reset", json!({ "token": payload, "password": "long enough" })),
        ("/invitations/look", json!({ "token": payload })),
        ("/setup", json!({ "token": payload, "email": "a@example.com", "password": "long enough", "name": "A" })),
        ("/register", json!({ "email": payload, "password": payload, "name": payload, "slug": payload })),
        ("/register", json!({ "email": "a@example.com", "password": "long enough", "name": "A", "slug": payload })),
        (
            "/register",
            json!({
                "email": "a@example.com", "password": "long enough", "name": "A", "invitation": payload,
            }),
        ),
        (payload, json!({ payload: payload })),
    ]
}

fn tried(setup: &Setup) -> Outcome<()> {
    let gateway = Gateway::start(setup)?;
    let operator = gateway.operator()?;
    operator.customer("Customer", "1.00")?;
    let counts = || -> Outcome<(usize, usize, usize)> {
        let count =
            |path: &str| Ok::<_, String>(operator.ask("GET", path, None)?["data"].as_array().map_or(0, Vec::len));
        Ok((count("/users")?, count("/workspaces")?, count("/operator-tokens")?))
    };
    let before = counts()?;
    let mut browser = Browser::new(gateway.address, &setup.data);
    let bearer = format!("Bearer {}", operator.token());
    for payload in PAYLOADS {
        for (path, body) in bodies(payload) {
            let encoded: String =
                path.bytes().map(|b| if b == b'/' { "/".into() } else { format!("%{b:02x}") }).collect();
            let path =
                if path.starts_with('/') { path.to_owned() } else { format!("/workspaces/{encoded}/members") };
            let (status, told) = browser.ask("POST", &path, &body)?;
            if !(400..500).contains(&status) && status != 202 {
                return Err(format!("{path} {body}: {status} {told}"));
            }
            assert_eq!(browser.cookie, "");
        }
        let plain: String = payload.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
        let cookie = format!("__Host-tollgate-session={plain}");
        for (name, value) in [("cookie", cookie.as_str()), ("authorization", &plain), ("x-csrf-token", &plain)] {
            let reply = browser.with("GET", "/session", &[(name, value)], &Value::Null)?;
            assert_eq!(reply.head.status, 401, "{name}: {}", reply.shown());
        }
        let query: String = payload.bytes().map(|b| format!("%{b:02x}")).collect();
        for path in
            ["/usage?model=", "/usage?workspace=", "/keys?workspace=", "/log?before=", "/users/", "/workspaces/"]
        {
            let asked = format!("{path}{query}");
            let reply = browser.with("GET", &asked, &[("authorization", &bearer)], &Value::Null)?;
            assert!(reply.head.status < 500, "{asked}: {}", reply.shown());
        }
    }
    assert_eq!(counts()?, before);
    let check = operator.ask("GET", "/log/check", None)?;
    assert_eq!(check["whole"], true, "{check}");
    gateway.calm()
}

#[test]
fn r_acc_1_text_is_never_a_statement() -> Outcome<()> {
    let folder = Folder::new("payloads")?;
    tried(&Setup::new(folder.path().join("sqlite"))).map_err(at("on SQLite"))?;
    let Some(server) = server("payloads") else { return Ok(()) };
    let database = Database::create(&server)?;
    let setup = Setup::new(folder.path().join("postgres")).with("TOLLGATE_DATABASE__URL", &database.url);
    tried(&setup).map_err(at("on PostgreSQL"))
}
