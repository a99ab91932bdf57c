//! Clients that leave, and stop sequences that end an answer here, where the provider's count differs from what shows.
//! In: reasoning that is hidden, prompts that are reported early, late reports. Out: exact charges and when they are made.
//! Never here: clients that leave answers of which all shows (streams, pairs).

use crate::{ask, secs};
use serde_json::{Value, json};
use simtest::{
    Client, Ending, Script, Setup, SimHouse, Speaks, Step, chat_chunk, chat_end, json_answer, message_end,
};
use std::time::Duration;
use units::{NanoUsd, UsageSource};

/// Ten prompt tokens and four hundred of answer, at the prices of the simulation.
const EXACT: NanoUsd = NanoUsd::new(10 * 1_000 + 400 * 2_000);

async fn reasoner(speak: Speaks) -> SimHouse {
    SimHouse::open(Setup { speak, reasoning: "hidden", ..Setup::default() }).await
}

fn left_at(half_seconds: u64) -> Client {
    Client::LeavesAt(Duration::from_millis(500 * half_seconds))
}

/// How long after its start everything was over.
fn over(sim: &SimHouse, started: units::Timestamp) -> Duration {
    sim.clock.now().since(started)
}

/// The one charge there was, and what it was made of.
fn bill(sim: &SimHouse) -> (NanoUsd, UsageSource, bool, u64) {
    let rows = sim.book.rows();
    assert_eq!((rows.len(), sim.book.open_holds(), sim.forgotten()), (1, 0, 0), "{rows:?}");
    assert_eq!(sim.book.charged(), rows[0].charge);
    (rows[0].charge, rows[0].source, rows[0].partial, rows[0].usage.answer_total())
}

/// R-BILL-6: reasoning that does not show is billed by the provider whether the client stays or not, so the answer is read
/// to its end and charged by the provider's own count.
#[tokio::test(start_paused = true)]
async fn hidden_reasoning_is_not_free_for_who_leaves() {
    for (client, provider) in Speaks::pairs() {
        let sim = reasoner(provider).await;
        let middle = vec![provider.text("12345678"), Step::Wait(secs(20)), provider.text("and more")];
        let steps = [provider.opening(10), middle, provider.end(10, 400)].concat();
        sim.upstreams.set("one", vec![Script::stream(steps)]);
        let started = sim.clock.now();
        let seen = sim.call(client, &ask(true), left_at(3)).await;
        assert_eq!((seen.ending(), seen.said()), (Ending::Left, "12345678".into()));
        assert_eq!(bill(&sim), (EXACT, UsageSource::Provider, true, 400), "{client:?} {provider:?}");
        assert_eq!((sim.upstreams.cancelled(), over(&sim, started)), (0, secs(20)), "{client:?} {provider:?}");
    }
}

/// Before the first word too, and where the answer is not streamed at all.
#[tokio::test(start_paused = true)]
async fn hidden_reasoning_is_not_free_before_the_first_word() {
    for (client, provider) in Speaks::pairs() {
        for stream in [true, false] {
            let sim = reasoner(provider).await;
            let steps =
                [provider.opening(10), vec![Step::Wait(secs(20)), provider.text("late")], provider.end(10, 400)];
            let whole = provider.whole("late", 10, 400).after(secs(20));
            sim.upstreams.set("one", vec![if stream { Script::stream(steps.concat()) } else { whole }]);
            let seen = sim.call(client, &ask(stream), left_at(3)).await;
            assert_eq!(seen.ending(), Ending::Left);
            let (charge, source, _, answer) = bill(&sim);
            assert_eq!(
                (charge, source, answer),
                (EXACT, UsageSource::Provider, 400),
                "{client:?} {provider:?} {stream}"
            );
            assert_eq!(sim.upstreams.cancelled(), 0);
        }
    }
}

/// It is read on for a limited time: then what passed is charged, estimated. What nobody saw is not guessed at.
#[tokio::test(start_paused = true)]
async fn reading_on_has_a_limit() {
    for (client, provider) in Speaks::pairs() {
        let sim = reasoner(provider).await;
        let middle: Vec<Step> = (0..60).flat_map(|_| [provider.text("12345678"), Step::Wait(secs(1))]).collect();
        let steps = [provider.opening(10), middle, provider.end(10, 400)].concat();
        sim.upstreams.set("one", vec![Script::stream(steps)]);
        let started = sim.clock.now();
        sim.call(client, &ask(true), left_at(5)).await;
        let (_, source, partial, answer) = bill(&sim);
        assert_eq!((source, partial, answer), (UsageSource::Estimated, true, 6), "{client:?} {provider:?}");
        assert_eq!((sim.upstreams.cancelled(), over(&sim, started)), (1, Duration::from_millis(32_500)));
    }
}

/// One that never comes to a word is left behind too: the prompt is charged where it was reported.
#[tokio::test(start_paused = true)]
async fn thinking_without_an_end_is_left_behind() {
    for (client, provider) in Speaks::pairs() {
        let sim = reasoner(provider).await;
        sim.upstreams.set("one", vec![Script::stream([provider.opening(10), vec![Step::Hang]].concat())]);
        let started = sim.clock.now();
        sim.call(client, &ask(true), left_at(3)).await;
        // The opening of a message tells the prompt; its one token of answer is no count yet.
        let wanted = if provider == Speaks::Messages { 10 * 1_000 } else { 0 };
        assert_eq!((bill(&sim).0, sim.upstreams.cancelled()), (NanoUsd::new(wanted), 1), "{client:?} {provider:?}");
        let took = over(&sim, started);
        assert!(took <= Duration::from_millis(31_500), "{took:?}");
    }
}

/// A provider that breaks off while it is read on is charged like one that breaks off before a client's eyes; one that
/// fails before its first word is free, and no other is asked.
#[tokio::test(start_paused = true)]
async fn what_breaks_while_it_is_read_on_is_charged_as_it_passed() {
    for (client, provider) in Speaks::pairs() {
        for last in [Step::Cut, provider.failure()] {
            let sim = SimHouse::open(Setup {
                speak: provider,
                reasoning: "hidden",
                hosts: vec!["one", "two"],
                ..Setup::default()
            })
            .await;
            let spoken = vec![provider.text("12345678"), Step::Wait(secs(5)), provider.text("more"), last.clone()];
            sim.upstreams.set("one", vec![Script::stream([provider.opening(10), spoken].concat())]);
            sim.call(client, &ask(true), left_at(3)).await;
            let (_, source, partial, answer) = bill(&sim);
            assert_eq!(
                (source, partial, answer),
                (UsageSource::Estimated, true, 2),
                "{client:?} {provider:?} {last:?}"
            );
        }
        for last in [Step::Cut, provider.failure()] {
            let hosts = vec!["one", "two"];
            let sim =
                SimHouse::open(Setup { speak: provider, reasoning: "hidden", hosts, ..Setup::default() }).await;
            let silent = [provider.opening(10), vec![Step::Wait(secs(5)), last]].concat();
            sim.upstreams.set("one", vec![Script::stream(silent)]);
            sim.call(client, &ask(true), left_at(3)).await;
            assert_eq!(
                (bill(&sim).0, sim.upstreams.arrived().len()),
                (NanoUsd::ZERO, 1),
                "{client:?} {provider:?}"
            );
        }
    }
}

/// Where the provider has said why it ends, its report is awaited a moment, whatever the model.
#[tokio::test(start_paused = true)]
async fn a_report_under_way_is_awaited() {
    let finish =
        Step::Say("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".to_owned());
    for (late, exact) in [(2, true), (4, false)] {
        for client in Speaks::CLIENTS {
            let sim = SimHouse::open(Setup::default()).await;
            let steps = vec![chat_chunk("12345678"), finish.clone(), Step::Wait(secs(late)), chat_end(10, 400)];
            sim.upstreams.set("one", vec![Script::stream(steps)]);
            let started = sim.clock.now();
            sim.call(client, &ask(true), left_at(1)).await;
            let (charge, source, partial, answer) = bill(&sim);
            assert!(partial);
            assert_eq!((charge == EXACT, source == UsageSource::Provider), (exact, exact), "{client:?} {late}");
            assert_eq!(answer, if exact { 400 } else { 2 });
            assert_eq!(sim.upstreams.cancelled(), u32::from(!exact));
            assert_eq!(over(&sim, started), Duration::from_millis(if exact { 2_000 } else { 2_500 }));
        }
    }
}

/// A prompt that was read for a client who then left is paid for, class by class, before there was a word of answer.
#[tokio::test(start_paused = true)]
async fn a_prompt_that_was_reported_is_paid_for() {
    let start = |cache: u64| {
        let usage = json!({ "input_tokens": 10, "cache_creation_input_tokens": cache, "cache_read_input_tokens": 5,
            "output_tokens": 0 });
        let message = json!({ "id": "msg_upstream", "type": "message", "role": "assistant", "model": "upstream-model",
            "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage });
        let event = json!({ "type": "message_start", "message": message });
        Step::Say(format!("event: message_start\ndata: {event}\n\n"))
    };
    let price = json!({ "input": "1.00", "output": "2.00", "cached_input": "0.10", "cache_write_5m": "1.25" });
    for client in Speaks::CLIENTS {
        for cache in [0, 8_000] {
            let sim =
                SimHouse::open(Setup { speak: Speaks::Messages, price: price.clone(), ..Setup::default() }).await;
            let body = json!({ "model": "m", "stream": true, "max_tokens": 100,
                "messages": [{ "role": "user", "content": "x".repeat(40_000) }] });
            let steps = [vec![start(cache), Step::Wait(secs(10))], message_end(1)].concat();
            sim.upstreams.set("one", vec![Script::stream(steps)]);
            sim.call(client, &body, left_at(3)).await;
            let wanted = NanoUsd::new(10 * 1_000 + 5 * 100 + i64::try_from(cache).unwrap() * 1_250);
            assert_eq!(bill(&sim), (wanted, UsageSource::Estimated, true, 0), "{client:?} {cache}");
            assert_eq!(sim.upstreams.cancelled(), 1);
        }
        // The same silence, ended by the provider: nothing is paid.
        let sim = SimHouse::open(Setup { speak: Speaks::Messages, ..Setup::default() }).await;
        sim.upstreams.set("one", vec![Script::stream(vec![start(8_000), Step::Wait(secs(1)), Step::Cut])]);
        sim.call(client, &ask(true), Client::ReadsAll).await;
        assert_eq!(bill(&sim).0, NanoUsd::ZERO);
    }
}

/// A call that a fifth stop sequence ends, for which this gateway watches itself.
fn watched() -> Value {
    json!({ "model": "m", "stream": true, "max_tokens": 1_000, "stop_sequences": ["a1", "a2", "a3", "a4", "STOP"],
        "messages": [{ "role": "user", "content": "Hello" }] })
}

fn stopped(thinks: u64) -> Script {
    Script::stream(vec![chat_chunk("one ST"), chat_chunk("OP two"), Step::Wait(secs(thinks)), chat_end(10, 400)])
}

/// A stop sequence of ours: where reasoning hides, the charge waits for the provider's count, and the end for the charge.
#[tokio::test(start_paused = true)]
async fn a_watched_stop_waits_for_the_count_where_reasoning_hides() {
    let sim = reasoner(Speaks::Chat).await;
    sim.upstreams.set("one", vec![stopped(25)]);
    let seen = sim.call(Speaks::Messages, &watched(), Client::ReadsAll).await;
    assert_eq!((seen.ending(), seen.said()), (Ending::Proper, "one ".into()), "{}", seen.text());
    assert!(seen.text().contains("\"stop_sequence\":\"STOP\""), "{}", seen.text());
    assert_eq!(bill(&sim), (EXACT, UsageSource::Provider, false, 400));
    assert_eq!(seen.frames.last().map(|f| f.0), Some(secs(25)));
    assert_eq!((seen.text().matches("event: ping\n").count(), sim.upstreams.cancelled()), (2, 0));

    // The end is not shown before its charge is durable.
    let sim = reasoner(Speaks::Chat).await;
    sim.upstreams.set("one", vec![stopped(25)]);
    sim.book.refuse_settles();
    let seen = sim.call(Speaks::Messages, &watched(), Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Fault, "{}", seen.text());
    assert!(!seen.text().contains("\"stop_sequence\":\"STOP\""), "{}", seen.text());

    // Who leaves while it waits pays the same.
    let sim = reasoner(Speaks::Chat).await;
    sim.upstreams.set("one", vec![stopped(25)]);
    sim.call(Speaks::Messages, &watched(), left_at(20)).await;
    assert_eq!(bill(&sim).0, EXACT);

    // A provider that does not come to its end is left behind; what passed is charged.
    let sim = reasoner(Speaks::Chat).await;
    sim.upstreams.set("one", vec![stopped(40)]);
    let seen = sim.call(Speaks::Messages, &watched(), Client::ReadsAll).await;
    assert_eq!((seen.ending(), seen.frames.last().map(|f| f.0)), (Ending::Proper, Some(secs(30))));
    let (_, source, _, answer) = bill(&sim);
    assert_eq!((source, answer, sim.upstreams.cancelled()), (UsageSource::Estimated, 1, 1));
}

/// Where all output shows, a stop sequence of ours ends the call at once, and what passed is charged.
#[tokio::test(start_paused = true)]
async fn a_watched_stop_ends_at_once_where_all_shows() {
    let sim = SimHouse::open(Setup::default()).await;
    sim.upstreams.set("one", vec![stopped(25)]);
    let seen = sim.call(Speaks::Messages, &watched(), Client::ReadsAll).await;
    assert_eq!((seen.ending(), seen.frames.last().map(|f| f.0)), (Ending::Proper, Some(Duration::ZERO)));
    let (_, source, partial, answer) = bill(&sim);
    assert_eq!((source, partial, answer, sim.upstreams.cancelled()), (UsageSource::Estimated, false, 1, 1));
}

/// A process that goes does not wait for providers that nobody waits for.
#[tokio::test(start_paused = true)]
async fn a_shutdown_is_not_held_up_by_reading_on() {
    for leaves in [true, false] {
        let sim = reasoner(Speaks::Chat).await;
        sim.upstreams.set(
            "one",
            vec![if leaves {
                Script::stream(vec![chat_chunk("12345678"), Step::Hang])
            } else {
                json_answer("x", 1, 1).after(secs(60))
            }],
        );
        let started = sim.clock.now();
        let body = ask(leaves);
        let call = sim.call(Speaks::Chat, &body, left_at(2));
        let going = async {
            tokio::time::sleep(secs(5)).await;
            sim.drain();
        };
        tokio::join!(call, going);
        let answer = if leaves { 2 } else { 0 };
        assert_eq!((bill(&sim).3, over(&sim, started) <= Duration::from_millis(7_500)), (answer, true), "{leaves}");
    }
}

/// A prompt whose size only the provider knows is charged by its count: who leaves at the last word, or has a stop sequence
/// of ours end the answer, does not choose a cheaper estimate.
#[tokio::test(start_paused = true)]
async fn a_prompt_of_unknown_size_is_counted_by_the_provider() {
    const COUNTED: NanoUsd = NanoUsd::new(50_000 * 1_000 + 5 * 2_000);
    let file = json!([{ "type": "file", "file": { "file_data": "https://x/y.pdf" } }, { "type": "text", "text": "sum up" }]);
    let image = json!([{ "type": "image_url", "image_url": { "url": "https://x/y.png" } }]);
    for content in [file, image] {
        let sim = SimHouse::open(Setup::default()).await;
        let steps = vec![chat_chunk("all of it ENDMARK"), Step::Wait(secs(5)), chat_end(50_000, 5)];
        sim.upstreams.set("one", vec![Script::stream(steps)]);
        let mut asked = ask(true);
        asked["messages"][0]["content"] = content.clone();
        sim.call(Speaks::Chat, &asked, left_at(3)).await;
        let (charge, source, _, _) = bill(&sim);
        // An image is held for what images cost at most; nothing beyond the hold is charged.
        let held = if content[0]["type"] == "file" { COUNTED } else { charge };
        assert_eq!((charge, source), (held, UsageSource::Provider), "{content}");
        assert_eq!(sim.upstreams.cancelled(), 0);
    }
    let sim = SimHouse::open(Setup::default()).await;
    sim.upstreams.set("one", vec![Script::stream(vec![chat_chunk("one STOP two"), chat_end(500, 5)])]);
    let mut asked = watched();
    asked["messages"][0]["content"] =
        json!([{ "type": "image", "source": { "type": "url", "url": "https://x/y.png" } }]);
    let seen = sim.call(Speaks::Messages, &asked, Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Proper, "{}", seen.text());
    assert_eq!(bill(&sim).0, NanoUsd::new(500 * 1_000 + 5 * 2_000));
}
