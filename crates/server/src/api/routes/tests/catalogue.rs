//! The catalogue over the API: what was looked at is what is changed, what became of it, and providers that are tried. Never here: what
//! a catalogue may say (the catalogue's own room).

use super::keys::By;
use super::*;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PUT: &str = "PUT /api/manage/catalogue";
const HISTORY: &str = "GET /api/manage/catalogue/history";
const TRY: &str = "POST /api/manage/providers/try";
const SECRET: &str = "sk-canary-of-the-house";

fn docs(base_url: &str, credentials: &Value) -> Value {
    json!({
        "provider": [{ "name": "main", "kind": "openai", "base_url": base_url, "credentials": credentials }],
        "model": [{ "id": "m", "context_length": 9, "max_output_tokens": 9, "price": "free",
                    "route": [{ "provider": "main", "model": "x" }] }],
    })
}

/// A provider that answers one call with these bytes; what was asked.
async fn answering(listener: &TcpListener, answer: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let asked = asked(&mut stream).await;
    stream.write_all(answer.as_bytes()).await.unwrap();
    asked
}

async fn asked(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
    }
    String::from_utf8(bytes).unwrap()
}

fn json_answer(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    (listener, base)
}

impl Town {
    async fn tried(&self, by: &By, trial: &Value) -> Value {
        let (status, told) = self.call(by, TRY, trial.clone()).await;
        assert_eq!(status, 200, "{told}");
        assert!(!told.to_string().contains("canary"), "{told}");
        told
    }

    /// The answer of a try at a provider that answers so, and what it was asked.
    async fn tried_at(&self, by: &By, mut trial: Value, answer: &str) -> (Value, String) {
        let (listener, base) = listener().await;
        trial["base_url"] = json!(base);
        tokio::join!(self.tried(by, &trial), answering(&listener, answer))
    }
}

/// R-OPS-4: a change is of the version that was looked at, or it is none.
#[tokio::test]
async fn r_ops_4_a_stale_version_changes_nothing() {
    let town = Town::open("stale-catalogue").await;
    let operator = town.by("operator").await;
    let first = docs("https://a.example.com/v1", &json!([SECRET]));
    let (status, told) = town.call(&operator, &format!("{PUT}?version=0"), first.clone()).await;
    assert_eq!((status, &told["version"]), (200, &json!(1)), "{told}");
    let other = docs("https://a.example.com/v2", &Value::Null);
    for query in ["?version=0", "?version=2", "?version=0&dry_run=true"] {
        let (status, told) = town.call(&operator, &format!("{PUT}{query}"), other.clone()).await;
        assert_eq!((status, &told["code"]), (409, &json!("conflict")), "{query} {told}");
        assert!(told["detail"].as_str().unwrap().contains("at version 1 now"), "{told}");
    }
    let (status, told) = town.call(&operator, &format!("{PUT}?version=one"), other.clone()).await;
    assert_eq!((status, &told["errors"][0]["field"]), (400, &json!("version")), "{told}");
    let (_, shown) = town.call(&operator, "GET /api/manage/catalogue", Value::Null).await;
    assert_eq!(
        (&shown["version"], &shown["provider"][0]["base_url"]),
        (&json!(1), &first["provider"][0]["base_url"])
    );
    let (status, told) = town.call(&operator, &format!("{PUT}?version=1"), other).await;
    assert_eq!((status, &told["version"], &told["changed"]), (200, &json!(2), &json!(true)), "{told}");
}

/// R-OPS-4, R-ACC-1: who changed what and when is told, with all that it was and is, and never a credential.
#[tokio::test]
async fn r_ops_4_the_catalogue_has_a_history() {
    let town = Town::open("catalogue-history").await;
    let (token, operator) = (town.by("token").await, town.by("operator").await);
    let address = "https://a.example.com/v1";
    let gone = json!({ "provider": [], "model": [] });
    for (by, query, body) in [
        (&token, "", docs(address, &json!([SECRET, "sk-canary-2"]))),
        (&operator, "", docs("https://a.example.com/v2", &json!(["sk-canary-3"]))),
        (&operator, "?dry_run=true&prune=true", gone.clone()),
        (&operator, "?prune=true", gone),
    ] {
        town.later();
        let (status, told) = town.call(by, &format!("{PUT}{query}"), body).await;
        assert_eq!(status, 200, "{told}");
    }
    let (status, page) = town.call(&operator, &format!("{HISTORY}?limit=2"), Value::Null).await;
    assert_eq!(status, 200, "{page}");
    let versions = page["data"].as_array().unwrap();
    assert_eq!(versions.iter().map(|v| v["version"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 2]);
    let edits = |version: &Value| -> Vec<String> {
        let lines = version["diff"].as_array().unwrap();
        lines.iter().map(|l| format!("{} {} {}", l["edit"], l["what"], l["name"]).replace('"', "")).collect()
    };
    assert_eq!(edits(&versions[0]), ["remove provider main", "remove model m"]);
    let was = versions[0]["diff"][0]["fields"].as_array().unwrap();
    let was = was.iter().find(|field| field["field"] == "base_url").unwrap();
    assert_eq!(was, &json!({ "field": "base_url", "before": "\"https://a.example.com/v2\"" }));
    assert_eq!(edits(&versions[1]), ["change provider main", "change credentials main"]);
    assert_eq!(versions[1]["diff"][1]["fields"], json!([{ "field": "credentials", "before": 2, "after": 1 }]));
    assert!(versions[1]["actor"].as_str().unwrap().contains("operator@example.com"), "{page}");
    let before = page["next"].as_str().unwrap();
    let (_, rest) = town.call(&operator, &format!("{HISTORY}?before={before}"), Value::Null).await;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert_eq!(edits(&rest["data"][0]), ["add provider main", "add model m", "change credentials main"]);
    assert_eq!(rest["data"][0]["diff"][2]["fields"], json!([{ "field": "credentials", "after": 2 }]));
    let all = format!("{page}{rest}");
    assert!(!all.contains("canary"), "{all}");
    let (status, told) = town.call(&operator, &format!("{HISTORY}?before=yesterday"), Value::Null).await;
    assert_eq!((status, &told["errors"][0]["field"]), (400, &json!("before")), "{told}");
}

/// R-OPS-4: what is known to begin with can be applied as it is.
#[tokio::test]
async fn r_ops_4_what_is_known_can_be_applied() {
    let town = Town::open("catalogue-starter").await;
    let operator = town.by("operator").await;
    let (status, known) = town.call(&operator, "GET /api/manage/catalogue/starter", Value::Null).await;
    assert_eq!(status, 200, "{known}");
    let entries: Vec<&Value> = known["providers"].as_array().unwrap().iter().map(|known| &known["entry"]).collect();
    assert!(entries.len() > 5 && known["models"].as_array().unwrap().len() > 20, "{known}");
    assert!(!known.to_string().contains("env:"), "{known}");
    assert_eq!(known["tiers"].as_array().unwrap().len(), 6, "{known}");
    let whole = json!({ "provider": entries, "model": known["models"], "tier": known["tiers"] });
    let (status, told) = town.call(&operator, &format!("{PUT}?dry_run=true"), whole).await;
    assert_eq!(status, 200, "{told}");
}

/// R-OPS-4: a provider that is tried tells its models, each language in its own way, and is sent what it will be sent.
#[tokio::test]
async fn r_ops_4_a_provider_is_tried() {
    let town = Town::open("try-provider").await;
    let operator = town.by("operator").await;
    for (kind, path, secret, body, models) in [
        (
            "openai",
            "/v1/models ",
            "authorization: Bearer",
            r#"{"data":[{"id":"a"},{"id":"<b>"}]}"#,
            json!(["a", "<b>"]),
        ),
        ("openai-responses", "/v1/models ", "authorization: Bearer", r#"{"data":[]}"#, json!([])),
        ("anthropic", "/v1/models?limit=1000 ", "x-api-key:", r#"{"data":[{"id":"c"}]}"#, json!(["c"])),
        (
            "gemini",
            "/v1/models?pageSize=1000 ",
            "x-goog-api-key:",
            r#"{"models":[{"name":"models/d"}]}"#,
            json!(["d"]),
        ),
    ] {
        let trial = json!({ "kind": kind, "credential": SECRET, "headers": { "x-org": "ours" } });
        let (told, asked) = town.tried_at(&operator, trial, &json_answer(body)).await;
        assert_eq!(
            (&told["answered"], &told["fault"], &told["status"]),
            (&json!(true), &Value::Null, &json!(200)),
            "{told}"
        );
        assert_eq!((&told["models"], &told["models_left_out"]), (&models, &json!(0)));
        assert!(told["latency_ms"].as_u64().is_some_and(|ms| ms < 10_000), "{told}");
        assert!(asked.starts_with(&format!("GET {path}")), "{asked}");
        assert!(asked.contains(&format!("{secret} {SECRET}\r\n")) && asked.contains("x-org: ours\r\n"), "{asked}");
        assert_eq!(asked.contains("anthropic-version: "), kind == "anthropic", "{asked}");
    }
    let many: Vec<Value> = (0..1_003).map(|n| json!({ "id": format!("m{n}") })).collect();
    let body = json!({ "data": many }).to_string();
    let trial = json!({ "kind": "openai", "credential": SECRET });
    let (told, _) = town.tried_at(&operator, trial, &json_answer(&body)).await;
    assert_eq!((told["models"].as_array().unwrap().len(), &told["models_left_out"]), (1_000, &json!(3)));
    let tasks = json!({ "kind": "image-task", "base_url": "http://127.0.0.1:1/v1", "credential": SECRET });
    let told = town.tried(&operator, &tasks).await;
    assert_eq!((&told["answered"], &told["fault"]), (&json!(false), &json!("nothing_to_ask")), "{told}");
}

/// R-OPS-4, R-ERR-8: whatever goes wrong is told in words, and soon.
#[tokio::test]
async fn r_ops_4_what_goes_wrong_with_a_try_is_told() {
    let town = Town::open("try-wrong").await;
    let operator = town.by("operator").await;
    let trial = json!({ "kind": "openai", "credential": SECRET });
    let head = |status: &str, more: &str| format!("HTTP/1.1 {status}\r\n{more}content-length: 0\r\n\r\n");
    let elsewhere = "location: http://169.254.169.254/latest\r\n";
    let page = "<!doctype html><title>canary</title>";
    let html =
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n{page}", page.len());
    for (answer, fault, status) in [
        (head("401 Unauthorized", ""), "credential_refused", json!(401)),
        (head("403 Forbidden", ""), "credential_refused", json!(403)),
        (head("302 Found", elsewhere), "redirect", json!(302)),
        (head("404 Not Found", ""), "wrong_answer", json!(404)),
        (head("429 Too Many Requests", ""), "too_often", json!(429)),
        (head("502 Bad Gateway", ""), "failing", json!(502)),
        (html, "wrong_answer", json!(200)),
        (json_answer("{}"), "wrong_answer", json!(200)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n".to_owned(), "too_large", json!(200)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_owned(), "broken", json!(200)),
        ("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), "broken", Value::Null),
        (String::new(), "broken", Value::Null),
    ] {
        let (told, _) = town.tried_at(&operator, trial.clone(), &answer).await;
        assert_eq!((&told["fault"], &told["status"]), (&json!(fault), &status), "{answer} {told}");
        assert!(told["answered"] == false && told["models"] == json!([]), "{told}");
        assert!(!told["detail"].as_str().unwrap().contains("169.254"), "{told}");
    }
    // No length is announced: what comes is read to the limit, and no further.
    let (endless, base) = listener().await;
    let flood = async {
        let (mut stream, _) = endless.accept().await.unwrap();
        asked(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n[").await.unwrap();
        let piece = vec![b' '; 1 << 20];
        let mut sent = 0;
        while sent < 100 && stream.write_all(&piece).await.is_ok() {
            sent += 1;
        }
        sent
    };
    let at = |base: &str| json!({ "kind": "openai", "credential": SECRET, "base_url": base });
    let big = at(&base);
    let (told, sent) = tokio::join!(town.tried(&operator, &big), flood);
    assert_eq!(told["fault"], "too_large", "{told}");
    assert!(sent < 50, "{sent} MB were taken");
    let (dead, base) = listener().await;
    drop(dead);
    assert_eq!(town.tried(&operator, &at(&base)).await["fault"], "unreachable");
    assert_eq!(town.tried(&operator, &at("http://nobody.invalid/v1")).await["fault"], "unknown_host");
    let (plain, base) = listener().await;
    let secure = at(&base.replace("http:", "https:"));
    let answer = async {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream
    };
    let (told, _) = tokio::join!(town.tried(&operator, &secure), answer);
    assert_eq!(told["fault"], "tls", "{told}");
}

/// R-OPS-4: a provider that says nothing is not waited for.
#[tokio::test]
async fn r_ops_4_a_silent_provider_is_not_waited_for() {
    let town = Town::open("try-silent").await;
    let operator = town.by("operator").await;
    let (silent, base) = listener().await;
    let trial = json!({ "kind": "openai", "credential": SECRET, "base_url": base });
    let hold = async {
        let (mut stream, _) = silent.accept().await.unwrap();
        asked(&mut stream).await;
        tokio::time::pause();
        stream
    };
    let (told, _) = tokio::join!(town.tried(&operator, &trial), hold);
    assert_eq!((&told["fault"], &told["status"]), (&json!("timeout"), &Value::Null), "{told}");
    assert!(told["detail"].as_str().unwrap().contains("within 10 s"), "{told}");
}

/// R-OPS-4, R-ACC-1: a credential that is stored is tried at the address that it was given for and nowhere else; a wrong body asks nobody.
#[tokio::test]
async fn r_acc_1_a_stored_credential_stays_at_its_address() {
    let town = Town::open("try-stored").await;
    let operator = town.by("operator").await;
    let (listener, base) = listener().await;
    let (status, told) = town.call(&operator, PUT, docs(&base, &json!([SECRET, "sk-other"]))).await;
    assert_eq!(status, 200, "{told}");
    let trial = json!({ "name": "main", "kind": "openai", "base_url": base });
    let answer = json_answer(r#"{"data":[{"id":"x"}]}"#);
    let (told, asked) = tokio::join!(town.tried(&operator, &trial), answering(&listener, &answer));
    assert_eq!(told["models"], json!(["x"]));
    assert!(asked.contains(&format!("authorization: Bearer {SECRET}\r\n")), "{asked}");
    let empty = docs(&base, &json!([]));
    for (change, field) in [
        (json!({ "base_url": "http://127.0.0.1:9/v1" }), "credential"),
        (json!({ "base_url": base.replace("127.0.0.1", "localhost") }), "credential"),
        (json!({ "name": "other" }), "name"),
        (json!({ "name": null }), "credential"),
        (json!({ "credential": "a b" }), "credential"),
        (json!({ "credential": "" }), "credential"),
        (json!({ "kind": "canary" }), "kind"),
        (json!({ "credential": "x", "base_url": "ftp://127.0.0.1" }), "base_url"),
        (json!({ "headers": { "authorization": "x" } }), "headers.authorization"),
        (json!({ "auth": "cookie" }), "auth"),
        (json!({ "more": 1 }), "more"),
    ] {
        let mut wrong = trial.clone();
        wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (status, told) = town.call(&operator, TRY, wrong).await;
        assert_eq!((status, &told["errors"][0]["field"]), (400, &json!(field)), "{change} {told}");
        assert!(!told.to_string().contains(SECRET), "{told}");
    }
    assert_eq!(town.call(&operator, PUT, empty).await.0, 200);
    let (status, told) = town.call(&operator, TRY, trial).await;
    assert_eq!((status, &told["errors"][0]["field"]), (400, &json!("credential")), "{told}");
    let waiting = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(waiting.is_err(), "a call that was refused reached the provider");
    assert!(!town.house().numbers().await.contains("canary"));
}
