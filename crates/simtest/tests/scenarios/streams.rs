//! Streams of Chat Completions under way. In: providers that pause or break, clients that leave. Out: one ending each.
//! Never here: the other language (pairs).

use crate::{ask, open, open_two, secs};
use simtest::{Client, Ending, Script, Step, chat_chunk, chat_end, json_answer};
use std::time::Duration;
use units::{NanoUsd, UsageSource};

/// R-ERR-6: after the first byte there is no second answer; what was delivered is billed.
#[tokio::test(start_paused = true)]
async fn a_failure_in_the_middle_ends_honestly() {
    for last in [Step::Cut, Step::Hang, Step::Say("data: {\"error\":{\"message\":\"canary\"}}\n\n".into())] {
        let sim = open_two().await;
        sim.upstreams
            .set("one", vec![Script::stream(vec![chat_chunk("12345678"), Step::Wait(secs(1)), last.clone()])]);
        sim.upstreams.set("two", vec![Script::stream(vec![chat_chunk("never"), chat_end(1, 1)])]);
        let seen = sim.chat(&ask(true), Client::ReadsAll).await;
        assert_eq!((seen.ending(), seen.status), (Ending::Fault, 200), "{last:?}: {}", seen.text());
        assert_eq!(seen.said(), "12345678");
        assert!(!seen.text().contains("canary") && !sim.log.take().contains("canary"));
        assert_eq!(sim.upstreams.arrived().len(), 1);
        let rows = sim.book.rows();
        assert_eq!((rows[0].source, rows[0].partial, rows[0].status), (UsageSource::Estimated, true, 200));
        assert_eq!(rows[0].usage.answer_total(), 2, "a quarter of 8 bytes");
        assert_eq!(sim.book.open_holds(), 0);
    }
}

/// R-WIRE-5: keep-alives while the upstream is silent; they stop when it is dead.
#[tokio::test(start_paused = true)]
async fn a_silent_upstream_is_bridged_and_a_dead_one_is_not() {
    let sim = open().await;
    let pause = Step::Wait(secs(25));
    sim.upstreams.set(
        "one",
        vec![Script::stream(vec![pause.clone(), chat_chunk("a"), pause, chat_chunk("b"), chat_end(1, 1)])],
    );
    let seen = sim.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!((seen.ending(), seen.said()), (Ending::Proper, "ab".into()));
    assert_eq!(seen.text().matches(": keep-alive").count(), 4);
    assert_eq!(seen.frames[0].0, secs(10));

    let dead = open().await;
    dead.upstreams.set("one", vec![Script::stream(vec![chat_chunk("a"), Step::Hang])]);
    let seen = dead.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Fault);
    assert_eq!(seen.frames.last().map(|f| f.0), Some(secs(60)));
}

/// R-BILL-6: the client leaves: the upstream is cancelled, what was produced is billed, nothing stays held.
#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_pays_for_what_passed() {
    let script = || {
        let mut steps = vec![Step::Wait(secs(1))];
        steps.extend((0..20).flat_map(|_| [chat_chunk("12345678"), Step::Wait(secs(1))]));
        steps.push(chat_end(10, 40));
        Script::stream(steps)
    };
    for (client, answer) in [
        (Client::LeavesAt(Duration::from_millis(500)), 0),
        (Client::LeavesAt(Duration::from_millis(5_500)), 10),
        (Client::LeavesAfter(3), 6),
    ] {
        let sim = open().await;
        sim.upstreams.set("one", vec![script()]);
        let seen = sim.chat(&ask(true), client).await;
        assert_eq!(seen.ending(), Ending::Left);
        assert_eq!(sim.upstreams.cancelled(), 1);
        let rows = sim.book.rows();
        assert_eq!((rows.len(), rows[0].partial, rows[0].usage.answer_total()), (1, true, answer), "{client:?}");
        assert_eq!(sim.book.open_holds(), 0);
        assert_eq!(sim.book.charged() > NanoUsd::ZERO, answer > 0);
    }
    let sim = open().await;
    sim.upstreams.set("one", vec![json_answer("x", 1, 1).after(secs(5))]);
    sim.chat(&ask(false), Client::LeavesAt(secs(1))).await;
    assert_eq!((sim.book.charged(), sim.book.open_holds(), sim.upstreams.arrived().len()), (NanoUsd::ZERO, 0, 1));
}

/// A defect in a relay ends that call alone, and its hold is found.
#[tokio::test(start_paused = true)]
async fn a_defect_costs_nobody_anything() {
    let scripts = [vec![Step::Panic], vec![chat_chunk("a"), Step::Wait(secs(1)), Step::Panic]];
    for (n, steps) in scripts.into_iter().enumerate() {
        let sim = open().await;
        sim.upstreams.set("one", vec![Script::stream(steps)]);
        sim.log.take();
        let seen = sim.chat(&ask(true), Client::ReadsAll).await;
        assert_eq!(seen.status, if n == 0 { 500 } else { 200 });
        assert_eq!((sim.book.open_holds(), sim.forgotten()), (1, 1));
        sim.reap().await;
        assert_eq!((sim.book.open_holds(), sim.forgotten(), sim.book.charged()), (0, 0, NanoUsd::ZERO));
        let log = sim.log.take();
        assert!(log.contains("hold.forgotten"));
        // Once the head is out, the line of the hold is the only one (docs/LOG.md).
        let told = log.matches(" request.done ").count();
        assert_eq!((told, log.contains("status=500")), if n == 0 { (1, true) } else { (0, false) }, "{log}");
    }
}

/// A provider that has said why it ends, and then neither ends nor reports, has ended all the same.
#[tokio::test(start_paused = true)]
async fn a_said_end_is_an_end() {
    let finish = |usage: &str| {
        Step::Say(format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\
             \"delta\":{{}},\"finish_reason\":\"stop\"}}]{usage}}}\n\n"
        ))
    };
    let told = ",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":4,\"total_tokens\":14}";
    for (usage, source) in [("", UsageSource::Estimated), (told, UsageSource::Provider)] {
        let sim = open().await;
        sim.upstreams.set("one", vec![Script::stream(vec![chat_chunk("whole"), finish(usage), Step::Hang])]);
        let seen = sim.chat(&ask(true), Client::ReadsAll).await;
        assert_eq!((seen.ending(), seen.said()), (Ending::Proper, "whole".into()), "{usage}: {}", seen.text());
        assert!(seen.frames.last().is_some_and(|f| f.0 <= secs(3)), "{usage}");
        let rows = sim.book.rows();
        assert_eq!((rows[0].source, rows[0].partial, rows[0].fault), (source, false, None), "{usage}");
    }
}

/// The time of the whole call ends a stream that never falls silent.
#[tokio::test(start_paused = true)]
async fn the_total_time_ends_a_busy_stream() {
    let sim = open().await;
    let steps = (0..600).flat_map(|_| [chat_chunk("12345678"), Step::Wait(secs(1))]).collect();
    sim.upstreams.set("one", vec![Script::stream(steps)]);
    let seen = sim.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Fault);
    let ended = seen.frames.last().map(|f| f.0).unwrap_or_default();
    assert!((secs(299)..=secs(301)).contains(&ended), "{ended:?}");
    assert_eq!((sim.upstreams.cancelled(), sim.book.open_holds()), (1, 0));
}
