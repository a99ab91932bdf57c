//! Faults on purpose, and the journal. In: directives and scripts. Out: checks of what a client suffers.
//! Never here: well behaved answers.

use crate::client::start;
use serde_json::{Value, json};
use std::time::Duration;

fn ask(text: &str, stream: bool) -> Value {
    json!({"model": "sim-openai", "stream": stream, "messages": [{"role": "user", "content": text}]})
}

#[tokio::test]
async fn failures_before_the_answer() {
    let sim = start().await;
    let got = sim.chat(&ask("[[sim: status=529 retry_after=1]]", false)).await;
    assert_eq!((got.status, &got.headers["retry-after"]), (529, &"1".parse().unwrap()));
    let got = sim.chat(&ask("[[sim: html]]", false)).await;
    assert_eq!(got.status, 502);
    assert!(got.text.starts_with("<html>"));
    let got = sim.chat(&ask("[[sim: redirect=http://127.0.0.1:1/x]]", false)).await;
    assert_eq!((got.status, &got.headers["location"]), (307, &"http://127.0.0.1:1/x".parse().unwrap()));
    let body = ask("[[sim: close]]", false).to_string();
    assert!(sim.send("POST", "/openai/v1/chat/completions", &body).await.is_err());
    let mut named = ask("hi", false);
    named["model"] = json!("sim-x-fail-503");
    assert_eq!(sim.chat(&named).await.status, 503);
}

#[tokio::test]
async fn failures_end_after_their_times() {
    let sim = start().await;
    let body = ask("[[sim: status=500 times=2 id=a text=ok]]", false);
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(sim.chat(&body).await.status);
    }
    assert_eq!(seen, [500, 500, 200]);
    sim.post("/_sim/script", &json!({"fail_next": 1, "status": 429, "retry_after": 2})).await;
    assert_eq!(sim.chat(&ask("hi", false)).await.status, 429);
    assert_eq!(sim.chat(&ask("hi", false)).await.status, 200);
}

#[tokio::test]
async fn failures_inside_the_stream() {
    let sim = start().await;
    let cut = sim.chat(&ask("[[sim: tokens=40 cut_after=3]]", true)).await;
    assert!(cut.cut);
    assert_eq!(cut.events().len(), 4);
    let told = sim.chat(&ask("[[sim: tokens=40 error_event_after=2]]", true)).await;
    assert!(told.events().last().unwrap()["error"]["message"].is_string());
    assert!(!told.text.contains("[DONE]"));
    let half = sim.chat(&ask("[[sim: tokens=40 cut_after=1]]", false)).await;
    assert!(half.cut);
    let endless = sim.chat(&ask("[[sim: endless_line=64]]", true)).await;
    assert_eq!(endless.text.len(), 64 * 1024 + 6);
    let sliced = sim.chat(&ask("[[sim: text=日本語🦊 rechunk=1 crlf]]", true)).await;
    let text: String =
        sliced.events().iter().filter_map(|e| e["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, "日本語🦊");
    let body = ask("[[sim: tokens=40 stall_after=1]]", true).to_string();
    let stalled = sim.send("POST", "/openai/v1/chat/completions", &body);
    assert!(tokio::time::timeout(Duration::from_millis(200), stalled).await.is_err());
}

#[tokio::test]
async fn wrong_counts_are_told() {
    let sim = start().await;
    let usage = async |directive: &str| {
        let body = ask(&format!("x [[sim: {directive}]]"), false);
        sim.chat(&body).await.json()["usage"]["completion_tokens"].clone()
    };
    assert_eq!(usage("wrong_usage=negative").await, json!(-5));
    assert_eq!(usage("wrong_usage=77").await, json!(77));
    assert_eq!(usage("wrong_usage=text").await, json!("many"));
    assert_eq!(usage("no_usage").await, Value::Null);
}

#[tokio::test]
async fn the_journal_tells_what_arrived_and_how_it_ended() {
    let sim = start().await;
    let body = ask("hello", false);
    sim.chat(&body).await;
    let stall = ask("[[sim: hang]]", false).to_string();
    let hung = sim.send("POST", "/openai/v1/chat/completions", &stall);
    assert!(tokio::time::timeout(Duration::from_millis(100), hung).await.is_err());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let seen = sim.send("GET", "/_sim/requests", "").await.unwrap().json();
    let first = &seen["requests"][0];
    assert_eq!(first["body"], body.to_string());
    assert_eq!(first["ended"], "complete");
    assert!(first["headers"]["authorization"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(seen["requests"][1]["ended"], "client_gone");
    sim.send("DELETE", "/_sim/requests", "").await.unwrap();
    let seen = sim.send("GET", "/_sim/requests", "").await.unwrap().json();
    assert_eq!(seen["requests"], json!([]));
    let echo = sim.chat(&ask("[[sim: echo_headers]]", false)).await;
    assert_eq!(echo.headers["x-sim-echo-authorization"], "Bearer sk-test");
}
