//! What lies in an account: a provider's, which every customer shares, and this house's, which each has for itself. In: calls.
//! Out: refusals before anybody is asked, the room that reads take. Never here: what a look sees (dialect).

use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simtest::{Setup, SimHouse, Speaks, json_answer};
use units::NanoUsd;

fn get(uri: &str, key: Option<&str>) -> Request<Body> {
    let request = Request::builder().uri(uri);
    let request = match key {
        Some(key) => request.header("authorization", format!("Bearer {key}")),
        None => request,
    };
    request.body(Body::empty()).unwrap_or_default()
}

async fn told(response: Response<Body>) -> Value {
    let bytes = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

/// R-WIRE-2: what names something stored in the operator's account is refused before anything is held or sent, whatever the
/// provider speaks.
#[tokio::test(start_paused = true)]
async fn r_wire_2_nobody_reaches_what_another_stored() {
    let user = |part: Value| json!([{ "role": "user", "content": [part] }]);
    let calls = [
        (
            "/v1/chat/completions",
            json!({ "model": "m", "messages": user(json!({ "type": "file", "file": { "file_id": "f" } })) }),
            "messages[0].content[0].file.file_id",
        ),
        (
            "/v1/messages",
            json!({ "model": "m", "max_tokens": 9,
                "messages": user(json!({ "type": "image", "source": { "type": "file", "file_id": "f" } })) }),
            "messages[0].content[0].source.file_id",
        ),
        (
            "/v1/responses",
            json!({ "model": "m", "input": [{ "role": "user", "content": "x" }, { "type": "item_reference", "id": "msg_1" }] }),
            "input[1]",
        ),
        (
            "/v1beta/models/m:generateContent",
            json!({ "contents": [{ "parts": [{ "fileData": { "fileUri": "files/abc" } }] }] }),
            "contents[0].parts[0].fileData.fileUri",
        ),
        (
            "/v1beta/models/m:countTokens",
            json!({ "contents": [{ "parts": [{ "fileData": { "fileUri": "files/abc" } }] }] }),
            "contents[0].parts[0].fileData.fileUri",
        ),
    ];
    for speak in [Speaks::Chat, Speaks::Messages] {
        let sim = SimHouse::open(Setup { speak, ..Setup::default() }).await;
        for (path, body, at) in &calls {
            let seen = sim.ask("POST", path, body).await;
            assert!(seen.status == 400 && seen.text().contains(at), "{path} {}", seen.text());
        }
        assert_eq!((sim.upstreams.arrived().len(), sim.book.open_holds()), (0, 0));
        assert!(sim.book.rows().iter().all(|row| row.attempts == 0 && row.charge == NanoUsd::ZERO));
    }
}

/// R-API-4: kept answers that are read count to the room for bodies until their readers have them.
#[tokio::test(start_paused = true)]
async fn r_api_4_room_for_kept_reads() {
    let sim = SimHouse::open(Setup::default()).await;
    let large = "x".repeat(700_000);
    sim.upstreams.set("one", vec![json_answer(&large, 10, 5)]);
    let body = json!({ "model": "m", "input": "y".repeat(700_000) });
    let seen = sim.ask("POST", "/v1/responses", &body).await;
    let id = serde_json::from_str::<Value>(&seen.text()).unwrap()["id"].as_str().unwrap().to_owned();
    for path in [format!("/v1/responses/{id}"), format!("/v1/responses/{id}/input_items")] {
        let ask = async || sim.answer(get(&path, Some(sim.key()))).await;
        let mut unread = Vec::new();
        let mut last = ask().await;
        while last.status() == 200 && unread.len() < 100 {
            unread.push(last);
            last = ask().await;
        }
        // One workspace has room for four of the largest bodies, of 1 MiB each; a page is made beside what it is made of.
        let fits = if path.ends_with("items") { 3..=4 } else { 5..=5 };
        assert!(fits.contains(&unread.len()), "{path} {}", unread.len());
        assert_eq!((last.status().as_u16(), last.headers()["retry-after"].to_str().unwrap()), (503, "2"));
        // What was handed on and is not sent yet counts as well.
        let mut bodies: Vec<Body> = unread.into_iter().map(Response::into_body).collect();
        let mut on_its_way = Vec::new();
        for body in &mut bodies {
            on_its_way.push(body.frame().await.unwrap().unwrap());
        }
        drop(bodies);
        assert_eq!(ask().await.status(), 503);
        drop(on_its_way);
        assert_eq!(ask().await.status(), 200);
    }
}

/// R-API-9: Gemini's clients may send their key in the address of a list, too; methods that no model has are named.
#[tokio::test(start_paused = true)]
async fn r_api_9_gemini_doors_take_what_their_clients_send() {
    let sim = SimHouse::open(Setup::default()).await;
    for path in ["/v1beta/models", "/v1beta/models/m", "/v1/models", "/v1/models/models%2Fm"] {
        let answer = told(sim.answer(get(&format!("{path}?key={}", sim.key()), None)).await).await;
        let name = answer.pointer("/models/0/name").or(answer.get("name"));
        assert_eq!(name, Some(&json!("models/m")), "{path} {answer}");
    }
    assert_eq!(sim.answer(get("/v1beta/models?key=sk-no", None)).await.status(), 401);
    for method in [":embedContent", "%3AbatchEmbedContents"] {
        let seen = sim.ask("POST", &format!("/v1beta/models/m{method}"), &json!({})).await;
        let named = method.trim_start_matches(':').trim_start_matches("%3A");
        assert!(seen.status == 404 && seen.text().contains(named), "{} {}", seen.status, seen.text());
    }
    sim.upstreams.set("one", vec![json_answer("hi", 1, 1)]);
    let body = json!({ "contents": [{ "parts": [{ "text": "x" }] }] });
    let seen = sim.ask("POST", "/v1beta/models/models%2Fm%3AgenerateContent", &body).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
}

/// R-API-6: a count is of a conversation; a model that makes vectors has none.
#[tokio::test(start_paused = true)]
async fn r_api_6_only_conversations_are_counted() {
    let price = json!({ "input": "1.00" });
    let sim = SimHouse::open(Setup { serves: "embeddings", price, ..Setup::default() }).await;
    let messages = json!([{ "role": "user", "content": "hi" }]);
    for (path, body) in [
        ("/v1/messages/count_tokens", json!({ "model": "m", "messages": messages })),
        ("/v1/responses/input_tokens", json!({ "model": "m", "input": "hi" })),
        ("/v1beta/models/m:countTokens", json!({ "contents": [{ "parts": [{ "text": "hi" }] }] })),
    ] {
        let seen = sim.ask("POST", path, &body).await;
        assert!(seen.status == 400 && seen.text().contains("serves embeddings"), "{path} {}", seen.text());
    }
}
