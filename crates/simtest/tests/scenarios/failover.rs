//! What happens before the first byte. In: providers that fail. Out: one answer or one fault.
//! Never here: what follows the first byte (streams, pairs).

use crate::{ask, open, open_two, secs};
use serde_json::json;
use simtest::{Client, Ending, Script, Setup, SimHouse, Speaks, Step, chat_chunk, chat_end};
use units::NanoUsd;

/// R-ROUTE-4: before the first semantic byte another route takes over unseen; one charge, one answer.
#[tokio::test(start_paused = true)]
async fn failover_before_the_first_byte_is_invisible() {
    let overloaded = || Script::json(529, &json!({ "error": { "message": "x", "type": "overloaded" } }));
    let role_only = r#"data: {"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#;
    for first in [
        Script::unreachable(),
        overloaded(),
        Script::json(429, &json!({})).with("retry-after", "3600"),
        Script::json(401, &json!({})),
        Script::json(302, &json!({})).with("location", "http://elsewhere/"),
        Script::stream(vec![Step::Cut]),
        Script::stream(vec![Step::Say(format!("{role_only}\n\n")), Step::Cut]),
        Script::stream(vec![Step::Say("garbage\n\n".into())]),
        Script::stream(vec![Step::Hang]),
        Script::stream(vec![]).after(secs(40)),
    ] {
        let sim = open_two().await;
        sim.upstreams.set("one", vec![first.clone()]);
        sim.upstreams.set("two", vec![Script::stream(vec![chat_chunk("Hi"), chat_end(1, 1)])]);
        let seen = sim.chat(&ask(true), Client::ReadsAll).await;
        assert_eq!(seen.ending(), Ending::Proper, "{first:?}: {}", seen.text());
        assert_eq!(seen.said(), "Hi");
        let hosts: Vec<_> = sim.upstreams.arrived().iter().map(|a| a.host.clone()).collect();
        assert_eq!(hosts, ["one", "two"], "{first:?}");
        assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(3_000), 0));
    }
}

/// A provider that thinks for minutes and shows that it lives is not asked a second time.
#[tokio::test(start_paused = true)]
async fn signs_of_life_are_waited_for() {
    let role_only = r#"data: {"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#;
    for first in [": PROCESSING\n\n".to_owned(), format!("{role_only}\n\n")] {
        let sim = open_two().await;
        let mut steps = vec![Step::Say(first)];
        for _ in 0..8 {
            steps.extend([Step::Wait(secs(25)), Step::Say(": PROCESSING\n\n".into())]);
        }
        steps.extend([chat_chunk("Hi"), chat_end(1, 1)]);
        sim.upstreams.set("one", vec![Script::stream(steps)]);
        let seen = sim.chat(&ask(true), Client::ReadsAll).await;
        assert_eq!((seen.ending(), seen.said().as_str()), (Ending::Proper, "Hi"), "{}", seen.text());
        assert_eq!(sim.upstreams.arrived().len(), 1);
    }
}

/// R-BILL-6: an end without a word is no answer, in any pair of languages, and costs nothing.
#[tokio::test(start_paused = true)]
async fn r_bill_6_an_answer_without_a_word_is_none() {
    let done = "data: [DONE]\n\n";
    let role =
        "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    let says = |texts: &[&str]| texts.iter().map(|text| Step::Say((*text).to_owned())).collect::<Vec<_>>();
    for (speak, steps) in [
        (Speaks::Chat, says(&[done])),
        (Speaks::Chat, says(&[role, done])),
        (Speaks::Messages, says(&[stop])),
        (Speaks::Responses, Speaks::Responses.opening(10)),
        (Speaks::Gemini, Vec::new()),
    ] {
        let sim = SimHouse::open(Setup { speak, ..Setup::default() }).await;
        sim.upstreams.set("one", vec![Script::stream(steps.clone())]);
        for client in Speaks::CLIENTS {
            let seen = sim.call(client, &ask(true), Client::ReadsAll).await;
            assert_eq!(seen.ending(), Ending::Fault, "{client:?} {steps:?}: {}", seen.text());
        }
        assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::ZERO, 0), "{steps:?}");
    }
}

/// R-ROUTE-6 and R-API-15: what is left to say when nothing answers.
#[tokio::test(start_paused = true)]
async fn the_last_failure_is_told_and_nothing_is_charged() {
    let json = |status| Script::json(status, &json!({}));
    for (script, status) in [
        (json(500), 502),
        (json(429).with("retry-after", "30"), 503),
        (json(529), 529),
        (json(400), 400),
        (json(404), 502),
        (Script::unreachable(), 503),
        (Script::stream(vec![Step::Hang]), 408),
    ] {
        for stream in [false, true] {
            let sim = open().await;
            sim.upstreams.set("one", vec![script.clone()]);
            let seen = sim.chat(&ask(stream), Client::ReadsAll).await;
            if seen.status == 200 {
                // The stream's head was out because of a keep-alive: the fault is told inside.
                assert_eq!((seen.ending(), status), (Ending::Fault, 408), "{}", seen.text());
            } else {
                assert_eq!((seen.ending(), seen.status), (Ending::Fault, status), "{script:?}: {}", seen.text());
            }
            assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::ZERO, 0));
            assert_eq!(sim.book.rows().len(), 1);
        }
    }
}
