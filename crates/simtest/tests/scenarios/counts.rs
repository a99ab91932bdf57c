//! What counts where a provider's report is missing, stale, or beyond what was asked for. In: reports of all kinds, things
//! that pass and are no words. Out: charges that neither give away nor take too much. Never here: holds (bounds).

use crate::{ask, open};
use serde_json::{Value, json};
use simtest::{Client, Ending, Script, Setup, SimHouse, Speaks, Step, chat_chunk, chat_end};
use units::{NanoUsd, UsageSource};

fn frame(value: &Value) -> Step {
    Step::Say(format!("data: {value}\n\n"))
}

fn delta(delta: &Value) -> Step {
    frame(&json!({ "id": "x", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }))
}

fn usage(prompt: u64, answer: u64) -> Step {
    frame(&json!({ "id": "x", "choices": [], "usage": { "prompt_tokens": prompt, "completion_tokens": answer } }))
}

/// The answer tokens that were charged, and by whose count.
fn charged(sim: &SimHouse) -> (u64, UsageSource) {
    let rows = sim.book.rows();
    assert_eq!((rows.len(), sim.book.open_holds()), (1, 0), "{rows:?}");
    (rows[0].usage.answer_total(), rows[0].source)
}

/// Pictures, annotations and results of a provider's own tools are no answer tokens, though a broken stream is charged by
/// what passed; and no estimate is above the request's own limit.
#[tokio::test(start_paused = true)]
async fn what_is_no_text_is_not_estimated_as_text() {
    let big = "A".repeat(40_000);
    for noise in [
        json!({ "images": [{ "image_url": { "url": format!("data:image/png;base64,{big}") } }] }),
        json!({ "annotations": [{ "type": "url_citation", "url_citation": { "title": big } }] }),
        json!({ "brand_new": big }),
    ] {
        let sim = open().await;
        sim.upstreams.set("one", vec![Script::stream(vec![delta(&noise), chat_chunk("12345678"), Step::Cut])]);
        let seen = sim.chat(&ask(true), Client::ReadsAll).await;
        assert_eq!(seen.ending(), Ending::Fault);
        assert_eq!(charged(&sim), (2, UsageSource::Estimated), "{}", noise.to_string().len());
    }
    let sim = SimHouse::open(Setup { speak: Speaks::Messages, ..Setup::default() }).await;
    let result = json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "web_search_tool_result",
        "tool_use_id": "s", "content": [{ "type": "web_search_result", "encrypted_content": big }] } });
    let block = Step::Say(format!("event: content_block_start\ndata: {result}\n\n"));
    sim.upstreams.set("one", vec![Script::stream(vec![simtest::message_start(10), block, Step::Cut])]);
    sim.call(Speaks::Messages, &ask(true), Client::ReadsAll).await;
    assert_eq!(charged(&sim), (0, UsageSource::Estimated));
    let sim = open().await;
    sim.upstreams.set("one", vec![Script::stream(vec![chat_chunk(&"word ".repeat(2_000)), Step::Cut])]);
    sim.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!(charged(&sim), (1_000, UsageSource::Estimated), "the request's own limit");
}

/// Escapes of the wire are no text: the same words cost the same in every pair of languages.
#[tokio::test(start_paused = true)]
async fn escapes_are_not_charged() {
    let mut found = Vec::new();
    for client in Speaks::CLIENTS {
        let sim = open().await;
        let escaped = format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
            "\\u65e5\\u672c".repeat(20)
        );
        sim.upstreams.set("one", vec![Script::stream(vec![Step::Say(escaped.repeat(3)), Step::Cut])]);
        sim.call(client, &ask(true), Client::ReadsAll).await;
        found.push(charged(&sim).0);
    }
    assert_eq!(found, [90; Speaks::CLIENTS.len()]);
}

/// Pitfall 19: a second report behind the finish counts, however the packets fall, in every pair of languages.
#[tokio::test(start_paused = true)]
async fn pitfall_19_the_last_report_counts() {
    for client in Speaks::CLIENTS {
        for apart in [false, true] {
            let sim = open().await;
            let finish = frame(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }));
            let mut steps = vec![chat_chunk("Hi"), finish, usage(10, 5)];
            if apart {
                steps.push(Step::Wait(std::time::Duration::from_millis(300)));
            }
            steps.extend([usage(1_000, 500), Step::Say("data: [DONE]\n\n".into())]);
            sim.upstreams.set("one", vec![Script::stream(steps)]);
            let seen = sim.call(client, &ask(true), Client::ReadsAll).await;
            assert_eq!(seen.ending(), Ending::Proper, "{}", seen.text());
            assert_eq!(charged(&sim), (500, UsageSource::Provider), "{client:?} {apart}");
        }
    }
}

/// A report that stands before the text it does not count is no last word.
#[tokio::test(start_paused = true)]
async fn a_stale_report_is_completed() {
    let sim = open().await;
    let first = json!({ "id": "x", "choices": [{ "index": 0, "delta": { "role": "assistant" }, "finish_reason": null }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 1 } });
    let finish = frame(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }));
    let steps = vec![frame(&first), chat_chunk(&"1234".repeat(300)), finish, Step::Say("data: [DONE]\n\n".into())];
    sim.upstreams.set("one", vec![Script::stream(steps)]);
    let seen = sim.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Proper);
    assert_eq!(charged(&sim), (300, UsageSource::Estimated));
}

/// A provider that does not stop at the limit is stopped: the rest is what nobody asked for.
#[tokio::test(start_paused = true)]
async fn an_answer_beyond_its_limit_ends() {
    let mut steps = Vec::new();
    for n in 1..=100 {
        steps.push(frame(
            &json!({ "id": "x", "choices": [{ "index": 0, "delta": { "content": "word" }, "finish_reason": null }],
            "usage": { "prompt_tokens": 10, "completion_tokens": n * 100 } }),
        ));
        steps.push(Step::Wait(std::time::Duration::from_millis(10)));
    }
    let sim = open().await;
    sim.upstreams.set("one", vec![Script::stream(steps)]);
    let seen = sim.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Proper, "{}", seen.text());
    assert!(seen.text().contains("\"finish_reason\":\"length\"") && seen.said().len() < 4 * 15, "{}", seen.text());
    assert_eq!(sim.upstreams.cancelled(), 1);
}

/// Where the server does not tell for how long it keeps what it wrote, what was asked for counts.
#[tokio::test(start_paused = true)]
async fn an_hour_that_was_asked_for_is_charged_as_one() {
    let price = json!({ "input": "1.00", "output": "2.00", "cache_write_5m": "1.25", "cache_write_1h": "2.00" });
    for (ttl, rate) in [("1h", 2_000), ("5m", 1_250)] {
        let sim = SimHouse::open(Setup { speak: Speaks::Messages, price: price.clone(), ..Setup::default() }).await;
        let answer = json!({ "id": "m", "type": "message", "role": "assistant", "model": "u", "stop_reason": "end_turn",
            "stop_sequence": null, "content": [{ "type": "text", "text": "x" }],
            "usage": { "input_tokens": 1, "cache_creation_input_tokens": 500, "output_tokens": 1 } });
        sim.upstreams.set("one", vec![Script::json(200, &answer)]);
        let mark = json!({ "type": "ephemeral", "ttl": ttl });
        let text = json!([{ "type": "text", "text": "x".repeat(2_000), "cache_control": mark }]);
        let body = json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": text }] });
        let seen = sim.call(Speaks::Messages, &body, Client::ReadsAll).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        assert_eq!(sim.book.charged(), NanoUsd::new(1_000 + 500 * rate + 2_000), "{ttl}");
    }
}

/// R-WIRE-6: a prompt that no provider reports is counted in a sample of it, so digits are not half price.
#[tokio::test(start_paused = true)]
async fn r_wire_6_an_unreported_prompt_is_counted() {
    let sim = open().await;
    sim.upstreams.set("one", vec![Script::stream(vec![chat_chunk("x"), Step::Cut])]);
    let text = "7 ".repeat(5_000);
    let body =
        json!({ "model": "m", "stream": true, "max_tokens": 9, "messages": [{ "role": "user", "content": text }] });
    sim.chat(&body, Client::ReadsAll).await;
    let prompt = sim.book.rows()[0].usage.prompt_total();
    // A token for each digit and for each blank in the vocabulary, and a fifth more for one that is not known.
    assert!((10_000..13_000).contains(&prompt), "{prompt}");
}

/// A predicted answer that is not followed is billed beside the limit: it is held for.
#[tokio::test(start_paused = true)]
async fn a_prediction_is_held_for() {
    let sim = open().await;
    sim.upstreams.set("one", vec![simtest::json_answer("x", 10, 2_001)]);
    let body = json!({ "model": "m", "max_tokens": 10, "messages": [{ "role": "user", "content": "x" }],
        "prediction": { "type": "content", "content": "y".repeat(8_000) } });
    assert_eq!(sim.chat(&body, Client::ReadsAll).await.status, 200);
    assert_eq!(sim.book.charged(), NanoUsd::new(10 * 1_000 + 2_001 * 2_000));
    let body = json!({ "model": "m", "best_of": 4, "messages": [{ "role": "user", "content": "x" }] });
    let seen = sim.chat(&body, Client::ReadsAll).await;
    assert!(seen.status == 400 && seen.text().contains("best_of"), "{}", seen.text());
    sim.upstreams.set("one", vec![Script::stream(vec![chat_chunk("x"), chat_end(1, 1)])]);
}

/// A provider that reports no answer tokens beside an answer has not counted them: they are estimated.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_reported_as_nothing_is_estimated() {
    let sim = open().await;
    sim.upstreams.set("one", vec![simtest::json_answer("12345678", 10, 0)]);
    assert_eq!(sim.chat(&ask(false), Client::ReadsAll).await.status, 200);
    assert_eq!(charged(&sim), (2, UsageSource::Estimated));
    let sim = open().await;
    sim.upstreams.set("one", vec![simtest::json_answer("", 10, 0)]);
    sim.chat(&ask(false), Client::ReadsAll).await;
    assert_eq!(charged(&sim), (0, UsageSource::Provider));
}
