//! Every language of clients with every one of providers: what must hold of every pair, on the straight lanes and the
//! converting ones. In: a pair. Out: one ending in the client's language, an exact bill. Never here: frames as bytes (the
//! corpus of dialect).

use crate::{ask, secs};
use serde_json::{Value, json};
use simtest::{Client, Ending, Script, Seen, Setup, SimHouse, Speaks, Step};
use std::time::Duration;
use units::{NanoUsd, UsageSource};

async fn house(speak: Speaks) -> SimHouse {
    SimHouse::open(Setup { hosts: vec!["one", "two"], speak, ..Setup::default() }).await
}

fn stream(provider: Speaks, middle: Vec<Step>, end: Vec<Step>) -> Script {
    Script::stream([provider.opening(10), middle, end].concat())
}

/// A stream's end in the client's language: the reason, then the proper end.
fn proper(client: Speaks, seen: &Seen, full: bool) {
    let text = seen.text();
    assert_eq!(seen.ending(), Ending::Proper, "{client:?}: {text}");
    let told = match (client, full) {
        (Speaks::Messages, false) => "\"stop_reason\":\"end_turn\"",
        (Speaks::Messages, true) => "\"stop_reason\":\"max_tokens\"",
        (Speaks::Responses, false) => "event: response.completed\n",
        (Speaks::Responses, true) => "\"reason\":\"max_output_tokens\"",
        (Speaks::Gemini, false) => "\"finishReason\":\"STOP\"",
        (Speaks::Gemini, true) => "\"finishReason\":\"MAX_TOKENS\"",
        (_, false) => "\"finish_reason\":\"stop\"",
        (_, true) => "\"finish_reason\":\"length\"",
    };
    assert_eq!(text.matches(told).count(), 1, "{client:?} {told}: {text}");
    let count = |name: &str| text.matches(&format!("event: {name}\n")).count();
    if client == Speaks::Messages {
        assert_eq!((count("message_start"), count("message_delta")), (1, 1), "{text}");
        assert_eq!(count("content_block_start"), count("content_block_stop"), "{text}");
    }
    if client == Speaks::Responses {
        assert_eq!(count("response.created"), 1, "{text}");
        assert_eq!(count("response.output_item.added"), count("response.output_item.done"), "{text}");
    }
    assert!(!text.contains("upstream"), "{client:?}: {text}");
}

/// A fault inside the stream in the client's language, after which nothing comes.
fn fault(client: Speaks, seen: &Seen) {
    let text = seen.text();
    assert_eq!((seen.ending(), seen.status), (Ending::Fault, 200), "{client:?}: {text}");
    for end in ["message_stop", "stop_reason\":\"", "finish_reason\":\"", "finishReason", "response.completed"] {
        assert!(!text.contains(end), "{client:?}: {text}");
    }
    assert!(!text.contains("canary"), "{client:?}: {text}");
}

/// The text of a whole answer.
fn whole(client: Speaks, told: &Value) -> &Value {
    match client {
        Speaks::Chat => &told["choices"][0]["message"]["content"],
        Speaks::Messages => &told["content"][0]["text"],
        Speaks::Responses => &told["output"][0]["content"][0]["text"],
        Speaks::Gemini => &told["candidates"][0]["content"]["parts"][0]["text"],
        Speaks::Completions => &told["choices"][0]["text"],
    }
}

/// R-API-2, R-API-5 and R-BILL-2: every pair answers in the client's language for the same charge.
#[tokio::test(start_paused = true)]
async fn every_pair_is_charged_exactly() {
    for (client, provider) in Speaks::pairs() {
        for streamed in [false, true] {
            let sim = house(provider).await;
            let script = if streamed {
                stream(provider, vec![provider.text("Hel"), provider.text("lo")], provider.end(10, 5))
            } else {
                provider.whole("Hello", 10, 5)
            };
            sim.upstreams.set("one", vec![script]);
            let seen = sim.call(client, &ask(streamed), Client::ReadsAll).await;
            if streamed {
                proper(client, &seen, false);
                assert_eq!(seen.said(), "Hello");
            } else {
                let told: Value = serde_json::from_str(&seen.text()).unwrap();
                assert_eq!((seen.status, whole(client, &told)), (200, &json!("Hello")), "{client:?}: {told}");
            }
            assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(20_000), 0));
            assert_eq!(sim.book.rows()[0].source, UsageSource::Provider);
        }
    }
}

/// R-ROUTE-4: nothing of the first provider is seen, also when it had opened its message.
#[tokio::test(start_paused = true)]
async fn failover_before_the_first_byte_is_invisible_to_every_pair() {
    for (client, provider) in Speaks::pairs() {
        let opened = |last: Step| Script::stream([provider.opening(10), vec![last]].concat());
        for first in [
            Script::unreachable(),
            Script::json(529, &json!({ "type": "error", "error": { "type": "overloaded_error", "message": "x" } })),
            Script::json(500, &json!({})),
            Script::stream(vec![Step::Cut]),
            opened(Step::Cut),
            opened(Step::Hang),
            opened(provider.failure()),
            opened(Step::Say("data: garbage\n\n".into())),
        ] {
            let sim = house(provider).await;
            sim.upstreams.set("one", vec![first.clone()]);
            sim.upstreams.set("two", vec![stream(provider, vec![provider.text("Hi")], provider.end(10, 1))]);
            let seen = sim.call(client, &ask(true), Client::ReadsAll).await;
            proper(client, &seen, false);
            assert_eq!(seen.said(), "Hi", "{client:?} {provider:?} {first:?}");
            let hosts: Vec<_> = sim.upstreams.arrived().iter().map(|a| a.host.clone()).collect();
            assert_eq!(hosts, ["one", "two"], "{client:?} {provider:?} {first:?}");
            assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(12_000), 0));
            assert_eq!(sim.book.rows().len(), 1);
        }
    }
}

/// R-WIRE-5: comments until the message has begun, from then on `ping` in Messages; comments in every other language.
#[tokio::test(start_paused = true)]
async fn silence_is_bridged_in_the_language_of_the_client() {
    for (client, provider) in Speaks::pairs() {
        let sim = house(provider).await;
        let pause = || Step::Wait(secs(25));
        let script = Script::stream(
            [
                vec![pause()],
                provider.opening(10),
                vec![provider.text("a"), pause(), provider.text("b")],
                provider.end(10, 2),
            ]
            .concat(),
        );
        sim.upstreams.set("one", vec![script]);
        let seen = sim.call(client, &ask(true), Client::ReadsAll).await;
        proper(client, &seen, false);
        assert_eq!(seen.said(), "ab");
        let text = seen.text();
        let (comments, pings) = (text.matches(": keep-alive\n\n").count(), text.matches("event: ping\n").count());
        let wanted = if client == Speaks::Messages { (2, 2) } else { (4, 0) };
        assert_eq!((comments, pings), wanted, "{client:?} {provider:?}: {text}");
        if client == Speaks::Messages {
            assert!(text.find(": keep-alive") < text.find("message_start"), "{text}");
            assert!(text.find("message_start") < text.find("event: ping"), "{text}");
            assert!(text.contains("event: ping\ndata: {\"type\": \"ping\"}\n\n"), "{text}");
        }
    }
}

/// R-ERR-6: after the first byte there is no second answer; what was delivered is billed.
#[tokio::test(start_paused = true)]
async fn a_failure_in_the_middle_ends_honestly_in_every_pair() {
    for (client, provider) in Speaks::pairs() {
        for last in
            [vec![Step::Cut], vec![Step::Hang], vec![provider.failure()], vec![provider.failure(), Step::Hang]]
        {
            let sim = house(provider).await;
            let middle = [vec![provider.text("12345678"), Step::Wait(secs(1))], last.clone()].concat();
            sim.upstreams.set("one", vec![stream(provider, middle, Vec::new())]);
            let seen = sim.call(client, &ask(true), Client::ReadsAll).await;
            fault(client, &seen);
            assert_eq!(seen.said(), "12345678", "{client:?} {provider:?} {last:?}");
            // Only silence is waited for (60 s); what was said to have failed is over, though its connection stays open.
            let wait = if matches!(last[..], [Step::Hang]) { secs(60) } else { secs(1) };
            assert_eq!(seen.frames.last().map(|f| f.0), Some(wait), "{client:?} {provider:?} {last:?}");
            assert!(!sim.log.take().contains("canary"));
            assert_eq!(sim.upstreams.arrived().len(), 1);
            let rows = sim.book.rows();
            assert_eq!((rows.len(), rows[0].partial, rows[0].status), (1, true, 200));
            assert_eq!(rows[0].usage.answer_total(), 2, "a quarter of 8 bytes");
            assert_eq!((rows[0].source, sim.book.open_holds()), (UsageSource::Estimated, 0));
            assert_eq!(sim.book.charged(), rows[0].charge);
            assert!(rows[0].charge > NanoUsd::ZERO);
        }
    }
}

/// Out of credit is an end inside the protocol: the limit of tokens was reached.
#[tokio::test(start_paused = true)]
async fn credit_that_ends_ends_every_pair_inside_its_protocol() {
    let text = "x".repeat(100);
    let body = json!({ "model": "m", "stream": true, "max_tokens": 9_000, "messages": [{ "role": "user", "content": "x" }] });
    for (client, provider) in Speaks::pairs() {
        let credit = NanoUsd::new(10_000_000);
        let sim = SimHouse::open(Setup { credit, speak: provider, ..Setup::default() }).await;
        let middle = (0..90).flat_map(|_| [provider.text(&text), Step::Wait(Duration::from_millis(10))]).collect();
        sim.upstreams.set("one", vec![stream(provider, middle, provider.end(10, 2_250))]);
        let seen = sim.call(client, &body, Client::ReadsAll).await;
        proper(client, &seen, true);
        assert_eq!((sim.upstreams.cancelled(), sim.book.open_holds()), (1, 0), "{client:?} {provider:?}");
        assert!((3_000..9_000).contains(&seen.said().len()), "{}", seen.said().len());
        // Everything that is paid for was delivered, the chunk on which credit ended included.
        let row = &sim.book.rows()[0];
        assert_eq!(row.usage.answer_total(), seen.said().len() as u64 / 4, "{client:?} {provider:?}");
        let left = sim.book.left(sim.workspace, sim.clock.now());
        assert_eq!(sim.book.charged().plus(left.posted), Ok(credit));
    }
}

/// R-BILL-6: the client leaves: the upstream is cancelled, what was produced is billed, nothing stays held.
#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_pays_for_what_passed_in_every_pair() {
    for (client, provider) in Speaks::pairs() {
        for (half_seconds, answer) in [(1, 0), (11, 10)] {
            let sim = house(provider).await;
            let middle: Vec<Step> =
                (0..20).flat_map(|_| [provider.text("12345678"), Step::Wait(secs(1))]).collect();
            let steps = [vec![Step::Wait(secs(1))], provider.opening(10), middle, provider.end(10, 40)].concat();
            sim.upstreams.set("one", vec![Script::stream(steps)]);
            let at = Duration::from_millis(500 * half_seconds);
            let seen = sim.call(client, &ask(true), Client::LeavesAt(at)).await;
            assert_eq!((seen.ending(), sim.upstreams.cancelled()), (Ending::Left, 1), "{client:?} {provider:?}");
            let rows = sim.book.rows();
            assert_eq!((rows.len(), rows[0].partial), (1, true));
            assert_eq!(rows[0].usage.answer_total(), answer, "{client:?} {provider:?}");
            assert_eq!(sim.book.charged() > NanoUsd::ZERO, answer > 0);
            assert_eq!(sim.book.open_holds(), 0);
        }
    }
}

/// A provider that never ends, yet never falls silent, ends at the total time; what passed is billed.
#[tokio::test(start_paused = true)]
async fn no_call_takes_longer_than_its_total_time() {
    for (client, provider) in Speaks::pairs() {
        let sim = house(provider).await;
        let middle = (0..100).flat_map(|_| [provider.text("1234"), Step::Wait(secs(7))]).collect();
        sim.upstreams.set("one", vec![stream(provider, middle, provider.end(10, 100))]);
        let seen = sim.call(client, &ask(true), Client::ReadsAll).await;
        fault(client, &seen);
        assert_eq!(seen.frames.last().map(|f| f.0), Some(secs(300)), "{client:?} {provider:?}");
        // One at the start, one every seven seconds.
        let rows = sim.book.rows();
        assert_eq!((rows[0].usage.answer_total(), rows[0].fault), (43, Some("timeout")), "{client:?} {provider:?}");
        assert_eq!((seen.said().len(), sim.upstreams.cancelled(), sim.book.open_holds()), (43 * 4, 1, 0));
    }
}

/// R-BILL-2: the end of an answer is shown when its charge is durable, however late; without a durable charge there is none.
#[tokio::test(start_paused = true)]
async fn no_pair_shows_an_end_before_its_charge_is_durable() {
    for (client, provider) in Speaks::pairs() {
        for (delay, charged) in [(secs(4), 20_000), (secs(11), 0)] {
            let sim = house(provider).await;
            sim.upstreams.set("one", vec![stream(provider, vec![provider.text("Hello")], provider.end(10, 5))]);
            sim.book.delay_settles(delay);
            let seen = sim.call(client, &ask(true), Client::ReadsAll).await;
            assert_eq!(seen.said(), "Hello", "{client:?} {provider:?}: {}", seen.text());
            assert_eq!(sim.book.charged(), NanoUsd::new(charged));
            if charged > 0 {
                proper(client, &seen, false);
            } else {
                fault(client, &seen);
            }
            assert_eq!(seen.frames.last().map(|f| f.0), Some(delay.min(secs(10))), "{client:?} {provider:?}");
            // What came late is charged once, and not held a second longer.
            assert_eq!(sim.book.catch_up().unwrap(), usize::from(charged == 0));
            assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(20_000), 0));
        }
    }
}

/// R-BILL-6: when nobody answers, the caller is told so in its language and nothing stays held.
#[tokio::test(start_paused = true)]
async fn a_failure_before_the_answer_holds_and_costs_nothing_in_every_pair() {
    for (client, provider) in Speaks::pairs() {
        for (script, status) in [
            (Script::json(500, &json!({ "error": { "message": "canary" } })), 502),
            (Script::json(429, &json!({})).with("retry-after", "30"), 503),
            (Script::json(529, &json!({})), 529),
            (Script::unreachable(), 503),
            (stream(provider, Vec::new(), vec![provider.failure()]), 0),
            (stream(provider, Vec::new(), vec![Step::Cut]), 0),
        ] {
            let sim = house(provider).await;
            sim.upstreams.set("one", vec![script.clone()]);
            sim.upstreams.set("two", vec![script.clone()]);
            let seen = sim.call(client, &ask(true), Client::ReadsAll).await;
            let text = seen.text();
            assert_eq!(seen.ending(), Ending::Fault, "{client:?} {provider:?} {script:?}: {text}");
            assert!(
                seen.status >= 500 && (status == 0 || seen.status == status),
                "{client:?} {script:?}: {}",
                seen.status
            );
            assert!(!text.contains("canary") && text.contains("\"error\""), "{client:?} {provider:?}: {text}");
            let book = &sim.book;
            assert_eq!(
                (book.charged(), book.open_holds(), book.rows().len()),
                (NanoUsd::ZERO, 0, 1),
                "{client:?} {provider:?}"
            );
        }
    }
}

/// Pitfall 27: an answer that has ended is over, though the provider keeps its connection open.
#[tokio::test(start_paused = true)]
async fn pitfall_27_an_end_is_not_held_up_by_an_open_connection() {
    for (client, provider) in Speaks::pairs() {
        let sim = house(provider).await;
        let end = [provider.end(10, 5), vec![Step::Hang]].concat();
        sim.upstreams.set("one", vec![stream(provider, vec![provider.text("Hello")], end)]);
        let seen = sim.call(client, &ask(true), Client::ReadsAll).await;
        proper(client, &seen, false);
        assert!(
            seen.frames.last().is_some_and(|f| f.0 <= secs(3)),
            "{client:?} {provider:?}: {:?}",
            seen.frames.last()
        );
        assert_eq!(
            (sim.book.charged(), sim.book.open_holds()),
            (NanoUsd::new(20_000), 0),
            "{client:?} {provider:?}"
        );
    }
}
