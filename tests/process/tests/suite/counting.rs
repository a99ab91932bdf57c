//! Counting tokens (R-API-6): the provider's count where it has one, else ours; free, fast, without a trace in the books.
//! And older names of models (R-WIRE-8). Never here: what a text counts (crate tokens).

use crate::world::{PATIENCE, World};
use process_tests::{Outcome, Reply, at, catalogue, exchange, now, raw};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The usual catalogue with older names, and a tokenizer for the model of the OpenAI kind.
fn with_older_names(sim: SocketAddr) -> Value {
    let mut catalogue = catalogue(sim);
    for model in catalogue["model"].as_array_mut().into_iter().flatten() {
        match model["id"].as_str() {
            Some("to-openai") => model["tokenizer"] = json!("o200k"),
            Some("to-anthropic") => model["legacy_names"] = json!(["claude-3-old", "vendor/claude-3-older"]),
            _ => {}
        }
    }
    catalogue
}

fn count(world: &World, body: &Value) -> Outcome<Reply> {
    let headers = [("x-api-key", world.account.key.as_str()), ("content-type", "application/json")];
    world.send(&raw("POST", "/v1/messages/count_tokens?beta=true", &headers, body.to_string().as_bytes()))
}

fn asked(model: &str, content: &Value) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": content }] })
}

#[test]
fn r_api_6_counts_cost_nothing() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], with_older_names)?;
    let of = |reply: Reply| -> Outcome<u64> {
        assert_eq!(reply.head.status, 200, "{}", reply.shown());
        assert_eq!(reply.json().as_object().map(serde_json::Map::len), Some(1), "{}", reply.shown());
        reply.json()["input_tokens"].as_u64().ok_or_else(|| reply.shown())
    };
    let text = "word ".repeat(400);
    // The simulated provider counts four bytes as one; the real vocabulary has a token a word, 4 around a message and 3.
    assert_eq!(of(count(&world, &asked("to-anthropic", &json!(text)))?)?, 500);
    let ours = of(count(&world, &asked("to-openai", &json!(text)))?)?;
    assert_eq!(ours, 401 + 4 + 3);
    // More of anything never counts less; base64 is no text.
    let picture = json!({ "type": "image", "source": { "type": "base64", "media_type": "image/png",
        "data": "A".repeat(100_000) } });
    let more = of(count(&world, &asked("to-openai", &json!([{ "type": "text", "text": text }, picture])))?)?;
    assert!((ours..ours + 2_000).contains(&more), "{more}");
    assert_eq!(world.operator.balance(&world.account)?, (100_000_000_000, 0));
    assert_eq!(world.operator.rows(&world.account)?.len(), 0);
    world.settled()
}

/// Pitfall 70: Claude Code asks 25 times at once; none waits for the others, none is refused.
#[test]
fn pitfall_70_counts_come_in_crowds() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], with_older_names)?;
    let body = asked("to-openai", &json!("x".repeat(20_000)));
    // The first builds the vocabulary.
    assert_eq!(count(&world, &body)?.head.status, 200);
    let start = now();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..25).map(|_| scope.spawn(|| count(&world, &body).map(|r| r.head.status))).collect();
        calls.into_iter().filter_map(|call| call.join().ok()?.ok()).collect()
    });
    assert_eq!(statuses, vec![200; 25]);
    assert!(now() < start + PATIENCE / 10);
    Ok(())
}

#[test]
fn r_api_6_wrong_counts_are_told() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], with_older_names)?;
    for (body, status, words) in [
        (json!({}), 400, "messages"),
        (json!({ "model": "to-openai" }), 400, "messages"),
        (asked("nobody", &json!("x")), 404, "nobody"),
        (asked("to-openai", &json!(7)), 400, "messages[0].content"),
        (asked("to-openai", &json!([{ "type": "text" }])), 400, "messages[0].content[0].text"),
    ] {
        let reply = count(&world, &body)?;
        assert_eq!(reply.head.status, status, "{}", reply.shown());
        assert_eq!(reply.json()["type"], "error", "{}", reply.shown());
        assert!(reply.text().contains(words), "{}", reply.shown());
    }
    let stranger = exchange(world.gateway.address, &raw("POST", "/v1/messages/count_tokens", &[], b"{}"), PATIENCE);
    assert_eq!(stranger.map_err(at("a stranger"))?.head.status, 401);
    let wrong = world.send(&raw("GET", "/v1/messages/count_tokens", &[], b""))?;
    assert_eq!((wrong.head.status, wrong.head.get("allow")), (405, "POST"));
    Ok(())
}

/// R-WIRE-8: an older name is served by the model it leads to, and the answer says which.
#[test]
fn r_wire_8_older_names_are_served() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], with_older_names)?;
    let headers = [("x-api-key", world.account.key.as_str()), ("content-type", "application/json")];
    for name in ["claude-3-old", "vendor/claude-3-older"] {
        let mut body = asked(name, &json!("hi"));
        body["max_tokens"] = json!(50);
        for path in ["/v1/messages", "/v1/chat/completions"] {
            let reply = world.send(&raw("POST", path, &headers, body.to_string().as_bytes()))?;
            assert_eq!(reply.head.status, 200, "{}", reply.shown());
            assert_eq!(reply.json()["model"], "to-anthropic", "{}", reply.shown());
        }
        let one = world.send(&raw("GET", &format!("/v1/models/{name}"), &headers, b""))?;
        assert_eq!(one.json()["id"], "to-anthropic", "{}", one.shown());
    }
    let list = world.send(&raw("GET", "/v1/models", &headers, b""))?;
    assert!(!list.text().contains("claude-3"), "{}", list.shown());
    world.settled()
}
