//! Holds and charges. In: credit, prices, ledgers that fail. Out: exact sums, nothing held.
//! Never here: how streams end otherwise (streams, pairs).

use crate::{ask, open, secs};
use serde_json::json;
use simtest::{Client, Ending, Script, Setup, SimHouse, Speaks, Step, chat_chunk, chat_end, json_answer};
use std::time::Duration;
use units::{NanoUsd, UsageSource};

/// R-BILL-2: held before, settled with the true cost.
#[tokio::test(start_paused = true)]
async fn a_call_is_charged_exactly() {
    for stream in [false, true] {
        let sim = open().await;
        let script = if stream {
            Script::stream(vec![chat_chunk("Hel"), chat_chunk("lo"), chat_end(10, 5)])
        } else {
            json_answer("Hello", 10, 5)
        };
        sim.upstreams.set("one", vec![script]);
        let seen = sim.chat(&ask(stream), Client::ReadsAll).await;
        assert_eq!(seen.ending(), Ending::Proper, "{}", seen.text());
        assert_eq!(sim.book.charged(), NanoUsd::new(20_000));
        assert_eq!(sim.book.open_holds(), 0);
        let left = sim.book.left(sim.workspace, sim.clock.now());
        assert_eq!((left.posted, left.held), (NanoUsd::new(999_980_000), NanoUsd::ZERO));
        assert_eq!(sim.book.rows()[0].source, UsageSource::Provider);
        assert!(!seen.text().contains("upstream"), "{}", seen.text());
    }
}

/// R-BILL-2: a stream holds a slice and extends ahead of use; when credit ends it ends inside the protocol.
#[tokio::test(start_paused = true)]
async fn a_stream_ends_inside_its_protocol_when_credit_ends() {
    let text = "x".repeat(100);
    let steps = || {
        let mut steps: Vec<Step> =
            (0..90).flat_map(|_| [chat_chunk(&text), Step::Wait(Duration::from_millis(10))]).collect();
        steps.push(chat_end(10, 2_250));
        steps
    };
    let body = json!({ "model": "m", "stream": true, "max_tokens": 9_000, "messages": [{ "role": "user", "content": "x" }] });
    // 5,000 tokens at 2 USD a million are 0.01 USD: enough for the bound of about half of the 9,000 bytes.
    let poor = SimHouse::open(Setup { credit: NanoUsd::new(10_000_000), ..Setup::default() }).await;
    poor.upstreams.set("one", vec![Script::stream(steps())]);
    let seen = poor.chat(&body, Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Proper, "{}", seen.text());
    assert!(seen.text().contains("\"finish_reason\":\"length\""));
    assert_eq!((poor.upstreams.cancelled(), poor.book.open_holds()), (1, 0));
    let (charged, left) = (poor.book.charged(), poor.book.left(poor.workspace, poor.clock.now()));
    assert_eq!(charged.plus(left.posted), Ok(NanoUsd::new(10_000_000)));
    assert!((3_000..9_000).contains(&seen.said().len()), "{}", seen.said().len());
    // Everything that is paid for was delivered, the chunk on which credit ended included.
    let (prompt, answer) = (22_000, i64::try_from(seen.said().len() / 4).unwrap() * 2_000);
    assert_eq!(charged, NanoUsd::new(prompt + answer));

    let rich = open().await;
    rich.upstreams.set("one", vec![Script::stream(steps())]);
    let seen = rich.chat(&body, Client::ReadsAll).await;
    assert_eq!((seen.ending(), seen.said().len()), (Ending::Proper, 9_000));
    assert_eq!(rich.book.charged(), NanoUsd::new(10 * 1_000 + 2_250 * 2_000));
}

/// R-BILL-2: 402 before anything runs; without a limit of the client's own the affordable one is inserted.
#[tokio::test(start_paused = true)]
async fn credit_that_is_short_is_told_before_anything_runs() {
    let sim = SimHouse::open(Setup { credit: NanoUsd::new(1_000_000), ..Setup::default() }).await;
    sim.upstreams.set("one", vec![json_answer("x", 1, 1)]);
    let seen = sim.chat(&ask(false), Client::ReadsAll).await;
    assert_eq!((seen.status, sim.upstreams.arrived().len()), (402, 0), "{}", seen.text());
    assert!(
        seen.text().contains("insufficient_credits") || seen.text().contains("insufficient_quota"),
        "{}",
        seen.text()
    );

    let open_end = json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }] });
    let seen = sim.chat(&open_end, Client::ReadsAll).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    let inserted = sim.upstreams.arrived()[0].body["max_completion_tokens"].as_u64();
    assert!(inserted.is_some_and(|n| (300..500).contains(&n)), "{inserted:?}");
    assert_eq!(sim.book.open_holds(), 0);
}

/// Fail closed where money is concerned.
#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_stops_calls_and_ends() {
    let sim = open().await;
    sim.book.refuse_holds();
    let seen = sim.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!((seen.status, sim.upstreams.arrived().len()), (503, 0));

    let sim = open().await;
    sim.upstreams.set("one", vec![Script::stream(vec![chat_chunk("a"), chat_end(1, 1)])]);
    sim.book.refuse_settles();
    let seen = sim.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Fault, "the end is not shown before its charge is durable: {}", seen.text());
    assert!(!seen.text().contains("finish_reason\":\"stop"));
}

/// An end is shown when its charge is durable, however late; a settle that is later than that is charged once.
#[tokio::test(start_paused = true)]
async fn a_settle_that_is_late_is_charged_once() {
    for (delay, ending) in [(secs(9), Ending::Proper), (secs(11), Ending::Fault)] {
        for stream in [true, false] {
            let sim = open().await;
            let script = if stream {
                Script::stream(vec![chat_chunk("a"), chat_end(10, 5)])
            } else {
                json_answer("a", 10, 5)
            };
            sim.upstreams.set("one", vec![script]);
            sim.book.delay_settles(delay);
            let seen = sim.chat(&ask(stream), Client::ReadsAll).await;
            assert_eq!(seen.ending(), ending, "{delay:?} stream={stream}: {}", seen.text());
            let in_time = ending == Ending::Proper;
            assert_eq!(seen.text().contains("finish_reason\":\"stop"), in_time);
            assert_eq!(seen.frames.last().map(|f| f.0), Some(delay.min(secs(10))));
            let (charged, late) = if in_time { (20_000, 0) } else { (0, 1) };
            assert_eq!(sim.book.charged(), NanoUsd::new(charged));
            // Until then the credit is still held: nobody else can spend it.
            assert_eq!(sim.book.open_holds(), late);
            assert_eq!(sim.book.catch_up().unwrap(), late);
            assert_eq!(sim.book.catch_up().unwrap(), 0);
            assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(20_000), 0));
            let left = sim.book.left(sim.workspace, sim.clock.now());
            assert_eq!((left.posted, left.held), (NanoUsd::new(999_980_000), NanoUsd::ZERO));
            assert_eq!((sim.book.rows().len(), sim.forgotten()), (1, 0));
        }
    }
}

/// Money invariants for random calls of random languages: whatever happens, nothing stays held and the sums agree.
#[tokio::test(start_paused = true)]
async fn random_faults_leave_the_books_balanced() {
    for seed in 0..300 {
        let reasoning = if seed % 3 == 0 { "hidden" } else { "none" };
        let dice = simtest::SimChance::new(seed);
        let speaks = Speaks::CLIENTS[dice.index(Speaks::CLIENTS.len())];
        let provider = || Speaks::PROVIDERS[dice.index(Speaks::PROVIDERS.len())];
        let (speak, other) = (provider(), provider());
        let setup =
            Setup { seed, hosts: vec!["one", "two"], speak, foreign: vec![("two", other)], ..Setup::default() };
        let sim = SimHouse::open(Setup { slice_tokens: 64, reasoning, ..setup }).await;
        for (host, provider) in [("one", speak), ("two", other)] {
            sim.upstreams.set(host, (0..2).map(|_| random_script(provider, &dice)).collect());
        }
        let client = match dice.below(4) {
            0 => Client::LeavesAfter(dice.index(12)),
            1 => Client::LeavesAt(Duration::from_millis(dice.below(20_000))),
            _ => Client::ReadsAll,
        };
        let seen = sim.call(speaks, &ask(dice.below(4) > 0), client).await;
        assert_ne!(seen.ending(), Ending::Nothing, "seed {seed}, {speaks:?} {speak:?} {other:?}: {}", seen.text());
        assert_eq!(sim.book.open_holds(), 0, "seed {seed}");
        let left = sim.book.left(sim.workspace, sim.clock.now());
        assert_eq!(left.posted.plus(sim.book.charged()), Ok(NanoUsd::new(1_000_000_000)), "seed {seed}");
        assert_eq!(left.held, NanoUsd::ZERO, "seed {seed}");
        assert_eq!(sim.book.rows().len(), 1, "seed {seed}");
    }
}

fn random_script(provider: Speaks, dice: &simtest::SimChance) -> Script {
    match dice.below(8) {
        0 => Script::unreachable(),
        1 => Script::json(500, &json!({})),
        2 => Script::json(429, &json!({})).with("retry-after", "1"),
        3 => provider.whole("whole", 3, 2).after(Duration::from_millis(dice.below(10_000))),
        _ => {
            let mut steps = provider.opening(10);
            for _ in 0..dice.below(30) {
                steps.push(provider.text(&"ab ".repeat(dice.index(20))));
                steps.push(Step::Wait(Duration::from_millis(dice.below(3_000))));
            }
            steps.extend(match dice.below(5) {
                0 => vec![Step::Cut],
                1 => vec![Step::Hang],
                2 => vec![provider.failure()],
                _ => provider.end(dice.below(100), dice.below(300)),
            });
            Script::stream(steps)
        }
    }
}
