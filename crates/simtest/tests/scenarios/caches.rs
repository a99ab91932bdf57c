//! Prompt caches of providers. In: clients that name their session, reports of cached tokens. Out: keys, and what caches saved.
//! Never here: marks on parts of a prompt (tests of dialect).

use crate::ask;
use serde_json::{Value, json};
use simtest::{Client, Ending, Script, Setup, SimHouse, Speaks};
use units::NanoUsd;

type Header = Option<(&'static str, &'static str)>;

/// The key that arrived at the provider, and what the client saw of it.
async fn key(
    client: Speaks,
    provider: Speaks,
    header: Header,
    quirks: Value,
    own: Option<&str>,
) -> (Value, String) {
    let sim = SimHouse::open(Setup { speak: provider, header, quirks, ..Setup::default() }).await;
    sim.upstreams.set("one", vec![provider.whole("Hello", 10, 5)]);
    let mut body = ask(false);
    if let Some(own) = own {
        body = client.asks(&body).1;
        body["prompt_cache_key"] = json!(own);
    }
    let seen = sim.call(client, &body, Client::ReadsAll).await;
    assert_eq!(
        (seen.ending(), sim.book.open_holds()),
        (Ending::Proper, 0),
        "{client:?} {provider:?}: {}",
        seen.text()
    );
    (sim.upstreams.arrived()[0].body["prompt_cache_key"].clone(), seen.text())
}

/// R-ROUTE-9: a session is named to OpenAI's servers that take names, the same each time, and never in the client's own words.
#[tokio::test(start_paused = true)]
async fn r_route_9_sessions_are_named_to_servers_that_take_names() {
    let takes = json!({ "prompt_cache_key": true });
    let session: Header = Some(("x-claude-code-session-id", "canary-session"));
    for client in Speaks::CLIENTS {
        for provider in [Speaks::Chat, Speaks::Responses] {
            let (told, seen) = key(client, provider, session, takes.clone(), None).await;
            let word = told.as_str().unwrap_or_default();
            assert_eq!(word.len(), 32, "{client:?} {provider:?}: {told}");
            assert!(!seen.contains(word) && !word.contains("canary"), "{seen}");
            assert_eq!(key(client, provider, session, takes.clone(), None).await.0, told);
            let other = key(client, provider, Some(("session_id", "another")), takes.clone(), None).await.0;
            assert!(other.is_string() && other != told, "{client:?} {provider:?}");
            for (header, quirks) in [
                (None, takes.clone()),
                (session, json!({})),
                (session, json!({ "prompt_cache_key": true, "cache_insert": false })),
            ] {
                assert_eq!(
                    key(client, provider, header, quirks, None).await.0,
                    Value::Null,
                    "{client:?} {provider:?}"
                );
            }
        }
        for provider in [Speaks::Messages, Speaks::Gemini] {
            assert_eq!(key(client, provider, session, takes.clone(), None).await.0, Value::Null, "{client:?}");
        }
    }
    for client in [Speaks::Chat, Speaks::Responses] {
        assert_eq!(key(client, client, session, takes.clone(), Some("own")).await.0, "own", "{client:?}");
    }
}

/// 3 USD for a million plain tokens, a tenth for reading, more for writing.
fn price() -> Value {
    json!({ "input": "3.00", "cached_input": "0.30", "cache_write_5m": "3.75", "cache_write_1h": "6.00", "output": "15.00" })
}

/// A prompt of some thousand bytes, so that as many tokens are believed.
fn long_ask() -> Value {
    json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "word ".repeat(1_000) }] })
}

/// A whole answer of a provider that reports so many plain, read, written and for an hour written tokens, as far as its
/// language has words for them.
fn answer(provider: Speaks, [plain, read, written, hour]: [u64; 4]) -> Script {
    let prompt = plain + read + written + hour;
    match provider {
        Speaks::Messages => Script::json(
            200,
            &json!({ "id": "m", "type": "message", "role": "assistant", "model": "u", "stop_reason": "end_turn",
                "stop_sequence": null, "content": [{ "type": "text", "text": "x" }], "usage": {
                    "input_tokens": plain, "output_tokens": 2, "cache_read_input_tokens": read,
                    "cache_creation_input_tokens": written + hour,
                    "cache_creation": { "ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": hour } } }),
        ),
        _ => Script::json(
            200,
            &json!({ "id": "x", "object": "chat.completion", "created": 1, "model": "u",
                "choices": [{ "index": 0, "message": { "role": "assistant", "content": "x" }, "finish_reason": "stop" }],
                "usage": { "prompt_tokens": prompt, "completion_tokens": 2, "total_tokens": prompt + 2,
                    "prompt_tokens_details": { "cached_tokens": read } } }),
        ),
    }
}

/// What the key is told of caches, the same at both of its addresses.
async fn told(sim: &SimHouse) -> Value {
    let key = sim.ask("GET", "/v1/key", &Value::Null).await;
    let me = sim.ask("GET", "/v1/me", &Value::Null).await;
    assert_eq!((key.status, key.text()), (200, me.text()));
    serde_json::from_str::<Value>(&key.text()).unwrap_or_default()["cache"].take()
}

fn sums(read: u64, written: u64, saved_micro: i64) -> Value {
    json!({ "read_tokens": read, "write_tokens": written, "saved_micro_usd": saved_micro })
}

/// R-ROUTE-9: the row of each request tells what caches saved, the key their sum, both exactly.
#[tokio::test(start_paused = true)]
async fn r_route_9_row_and_key_tell_what_caches_saved() {
    let sim = SimHouse::open(Setup { speak: Speaks::Messages, price: price(), ..Setup::default() }).await;
    assert_eq!(told(&sim).await, sums(0, 0, 0));
    // Tokens, then nano-USD of the charge and of what was saved: (3 - 0.3), (3 - 3.75) and (3 - 6) micro-USD a token.
    let cases = [
        ([100, 0, 0, 0], 330_000, 0),
        ([0, 0, 1_001, 0], 3_783_750, -750_750),
        ([0, 0, 0, 500], 3_030_000, -1_500_000),
        ([100, 1_501, 0, 0], 780_300, 4_052_700),
        ([7, 1_000, 200, 100], 1_701_000, 2_250_000),
    ];
    let (mut read, mut written, mut saved) = (0, 0, 0);
    for (n, (tokens, charge, saving)) in cases.into_iter().enumerate() {
        sim.upstreams.set("one", vec![answer(Speaks::Messages, tokens)]);
        let client = [Speaks::Messages, Speaks::Chat][n % 2];
        let seen = sim.call(client, &long_ask(), Client::ReadsAll).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let row = &sim.book.rows()[n];
        assert_eq!((row.charge.nano(), row.cache_saved.nano()), (charge, saving), "{tokens:?}");
        (read, written, saved) = (read + tokens[1], written + tokens[2] + tokens[3], saved + saving);
        // Rounded down: after the second request 750.75 micro-USD are lost, which is told as 751.
        assert_eq!(told(&sim).await, sums(read, written, saved.div_euclid(1_000)));
    }
    assert_eq!(told(&sim).await, sums(2_501, 1_801, 4_051));
    // Nothing is charged, so nothing is saved.
    sim.upstreams.set("one", vec![Script::json(500, &json!({}))]);
    let seen = sim.call(Speaks::Messages, &long_ask(), Client::ReadsAll).await;
    assert!(seen.status >= 500, "{}", seen.text());
    assert_eq!((sim.book.rows()[5].cache_saved, told(&sim).await), (NanoUsd::ZERO, sums(2_501, 1_801, 4_051)));
}

/// R-ROUTE-9: a provider's report is not believed beyond what the request could have cost without a cache.
#[tokio::test(start_paused = true)]
async fn r_route_9_no_more_is_saved_than_could_have_been_spent() {
    for read in ["0", "0.30"] {
        let price = json!({ "input": "3.00", "cached_input": read, "output": "15.00" });
        let sim = SimHouse::open(Setup { price, ..Setup::default() }).await;
        sim.upstreams.set("one", vec![answer(Speaks::Chat, [0, 1 << 39, 0, 0])]);
        let seen = sim.chat(&ask(false), Client::ReadsAll).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let row = &sim.book.rows()[0];
        // The whole answer of 1,000 tokens and a few bytes of prompt: not the millions of the report.
        let most = 1_000 * 15_000 + 5_000_000;
        assert!((0..most).contains(&row.cache_saved.nano()), "{read}: {row:?}");
        assert!(row.charge.nano() + row.cache_saved.nano() < most, "{read}: {row:?}");
    }
}

/// R-ROUTE-9, R-ROUTE-10: a model that costs nothing has nothing to save.
#[tokio::test(start_paused = true)]
async fn r_route_9_free_models_save_nothing() {
    for price in [json!("free"), json!({ "input": "0", "output": "0" })] {
        let sim = SimHouse::open(Setup { speak: Speaks::Messages, price, ..Setup::default() }).await;
        sim.upstreams.set("one", vec![answer(Speaks::Messages, [5, 1_000, 200, 100])]);
        let seen = sim.call(Speaks::Messages, &long_ask(), Client::ReadsAll).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let row = &sim.book.rows()[0];
        assert_eq!((row.usage.prompt_total(), row.charge, row.cache_saved), (1_305, NanoUsd::ZERO, NanoUsd::ZERO));
        assert_eq!(told(&sim).await, sums(0, 0, 0));
    }
}
