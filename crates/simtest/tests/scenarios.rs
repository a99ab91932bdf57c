//! Whole calls with faults on a paused clock: what the client saw, what was charged, that nothing stays held.

use serde_json::{Value, json};
use simtest::{Client, Ending, Script, Setup, SimHouse, Step, chat_chunk, chat_end, json_answer};
use std::time::Duration;
use units::{NanoUsd, UsageSource};

fn ask(stream: bool) -> Value {
    json!({ "model": "m", "stream": stream, "max_tokens": 1_000, "messages": [{ "role": "user", "content": "Hello" }] })
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

async fn open() -> SimHouse {
    SimHouse::open(Setup::default()).await
}

async fn open_two() -> SimHouse {
    SimHouse::open(Setup { hosts: vec!["one", "two"], ..Setup::default() }).await
}

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

/// Design §5: a stream holds a slice and extends ahead of use; when credit ends it ends inside the protocol.
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

/// The limit that is inserted holds for each choice, so all of them together stay within the hold.
#[tokio::test(start_paused = true)]
async fn several_choices_share_what_the_balance_affords() {
    let sim = SimHouse::open(Setup { credit: NanoUsd::new(1_000_000), ..Setup::default() }).await;
    sim.upstreams.set("one", vec![json_answer("x", 1, 1)]);
    let body = json!({ "model": "m", "n": 4, "messages": [{ "role": "user", "content": "x" }] });
    assert_eq!(sim.chat(&body, Client::ReadsAll).await.status, 200);
    let inserted = sim.upstreams.arrived()[0].body["max_completion_tokens"].as_u64();
    assert!(inserted.is_some_and(|n| (75..125).contains(&n)), "{inserted:?}");
    let more = json!({ "model": "m", "n": 100, "messages": [{ "role": "user", "content": "x".repeat(900) }] });
    assert_eq!(sim.chat(&more, Client::ReadsAll).await.status, 402);
}

/// A report above every bound is charged as far as the balance goes; only the rest is written off.
#[tokio::test(start_paused = true)]
async fn a_report_above_the_hold_is_charged_from_the_balance() {
    for (credit, charged) in [(1_000_000_000, 60_010_000), (20_000_000, 20_000_000)] {
        for stream in [false, true] {
            let sim = SimHouse::open(Setup { credit: NanoUsd::new(credit), ..Setup::default() }).await;
            let script = if stream {
                Script::stream(vec![chat_chunk("a"), chat_end(10, 30_000)])
            } else {
                json_answer("a", 10, 30_000)
            };
            sim.upstreams.set("one", vec![script]);
            assert_eq!(sim.chat(&ask(stream), Client::ReadsAll).await.ending(), Ending::Proper);
            assert_eq!(sim.book.charged(), NanoUsd::new(charged), "{credit} {stream}");
            assert_eq!(sim.book.open_holds(), 0);
            assert_eq!(sim.log.take().contains("written_off"), credit == 20_000_000);
        }
    }
}

/// A limit that was inserted bounds a stream by itself: it is not cut because its bytes outnumber its tokens.
#[tokio::test(start_paused = true)]
async fn an_inserted_limit_lets_a_stream_run_to_it() {
    let sim = SimHouse::open(Setup { credit: NanoUsd::new(1_000_000), ..Setup::default() }).await;
    let mut steps: Vec<Step> =
        (0..40).flat_map(|_| [chat_chunk(&"word ".repeat(10)), Step::Wait(secs(1))]).collect();
    steps.push(chat_end(10, 400));
    sim.upstreams.set("one", vec![Script::stream(steps)]);
    let body = json!({ "model": "m", "stream": true, "messages": [{ "role": "user", "content": "x" }] });
    let seen = sim.chat(&body, Client::ReadsAll).await;
    assert_eq!((seen.ending(), seen.said().len()), (Ending::Proper, 2_000), "{}", seen.text());
    assert_eq!(sim.book.charged(), NanoUsd::new(810_000));
}

/// A stream that says nothing at all is no answer.
#[tokio::test(start_paused = true)]
async fn an_empty_stream_is_not_paid_for() {
    let sim = open().await;
    sim.upstreams.set("one", vec![Script::stream(vec![Step::Say("data: [DONE]\n\n".into())])]);
    let seen = sim.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!(
        (seen.status, sim.book.charged(), sim.book.open_holds()),
        (502, NanoUsd::ZERO, 0),
        "{}",
        seen.text()
    );
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

/// A defect in a relay ends that call alone, and its hold is found.
#[tokio::test(start_paused = true)]
async fn a_defect_costs_nobody_anything() {
    let scripts = [vec![Step::Panic], vec![chat_chunk("a"), Step::Wait(secs(1)), Step::Panic]];
    for (n, steps) in scripts.into_iter().enumerate() {
        let sim = open().await;
        sim.upstreams.set("one", vec![Script::stream(steps)]);
        let seen = sim.chat(&ask(true), Client::ReadsAll).await;
        assert_eq!(seen.status, if n == 0 { 500 } else { 200 });
        assert_eq!((sim.book.open_holds(), sim.forgotten()), (1, 1));
        sim.reap().await;
        assert_eq!((sim.book.open_holds(), sim.forgotten(), sim.book.charged()), (0, 0, NanoUsd::ZERO));
        assert!(sim.log.take().contains("hold.forgotten"));
    }
}

/// Money invariants for random calls: whatever happens, nothing stays held and the sums agree.
#[tokio::test(start_paused = true)]
async fn random_faults_leave_the_books_balanced() {
    for seed in 0..300 {
        let sim =
            SimHouse::open(Setup { seed, hosts: vec!["one", "two"], slice_tokens: 64, ..Setup::default() }).await;
        let dice = simtest::SimChance::new(seed);
        for host in ["one", "two"] {
            sim.upstreams.set(host, (0..2).map(|_| random_script(&dice)).collect());
        }
        let client = match dice.below(4) {
            0 => Client::LeavesAfter(dice.index(12)),
            1 => Client::LeavesAt(Duration::from_millis(dice.below(20_000))),
            _ => Client::ReadsAll,
        };
        let seen = sim.chat(&ask(dice.below(4) > 0), client).await;
        assert_ne!(seen.ending(), Ending::Nothing, "seed {seed}: {}", seen.text());
        assert_eq!(sim.book.open_holds(), 0, "seed {seed}");
        let left = sim.book.left(sim.workspace, sim.clock.now());
        assert_eq!(left.posted.plus(sim.book.charged()), Ok(NanoUsd::new(1_000_000_000)), "seed {seed}");
        assert_eq!(left.held, NanoUsd::ZERO, "seed {seed}");
        assert_eq!(sim.book.rows().len(), 1, "seed {seed}");
    }
}

fn random_script(dice: &simtest::SimChance) -> Script {
    match dice.below(8) {
        0 => Script::unreachable(),
        1 => Script::json(500, &json!({})),
        2 => Script::json(429, &json!({})).with("retry-after", "1"),
        3 => json_answer("whole", 3, 2).after(Duration::from_millis(dice.below(10_000))),
        _ => {
            let mut steps = Vec::new();
            for _ in 0..dice.below(30) {
                steps.push(chat_chunk(&"ab ".repeat(dice.index(20))));
                steps.push(Step::Wait(Duration::from_millis(dice.below(3_000))));
            }
            steps.push(match dice.below(4) {
                0 => Step::Cut,
                1 => Step::Hang,
                _ => chat_end(dice.below(100), dice.below(300)),
            });
            Script::stream(steps)
        }
    }
}
