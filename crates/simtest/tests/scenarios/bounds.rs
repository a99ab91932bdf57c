//! Bounds of the hold: what clever requests and counts try, and what it costs them. In: requests and reports beyond the
//! usual. Out: exact sums, nothing sold below its price. Never here: faults of providers (failover, pairs).

use crate::{ask, open, secs};
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::json;
use simtest::{Client, Ending, Script, Setup, SimHouse, Step, chat_chunk, chat_end, json_answer};
use units::NanoUsd;

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

/// A report above what is held is charged from the balance, but never beyond what the request itself can come to: a
/// provider that counts wrongly costs at most that (1,000 answer tokens and the prompt's bytes here).
#[tokio::test(start_paused = true)]
async fn a_report_is_believed_up_to_the_request_itself() {
    for told in [900_u64, 30_000] {
        for stream in [false, true] {
            let sim = SimHouse::open(Setup { slice_tokens: 100, ..Setup::default() }).await;
            let script = if stream {
                Script::stream(vec![chat_chunk("a"), chat_end(10, told)])
            } else {
                json_answer("a", 10, told)
            };
            sim.upstreams.set("one", vec![script]);
            let seen = sim.chat(&ask(stream), Client::ReadsAll).await;
            assert_eq!(seen.ending(), Ending::Proper);
            let reported = i64::try_from(10 * 1_000 + told * 2_000).expect("small");
            let most = i64::try_from(ask(stream).to_string().len() * 1_000 + 1_000 * 2_000).expect("small");
            assert_eq!(sim.book.charged(), NanoUsd::new(reported.min(most)), "{told} {stream}");
            assert_eq!(sim.log.take().contains("written_off"), told == 30_000);
            assert_eq!(sim.book.open_holds(), 0);
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

/// What one image may cost is the model's: some count tens of thousands of tokens for one, and all of it is charged.
#[tokio::test(start_paused = true)]
async fn an_image_is_bounded_by_what_its_model_says() {
    let image = json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } });
    let body = json!({ "model": "m", "max_tokens": 10, "messages": [{ "role": "user", "content": [image] }] });
    for (image_tokens_max, whole) in [(None, false), (Some(40_000), true)] {
        let sim = SimHouse::open(Setup { image_tokens_max, ..Setup::default() }).await;
        sim.upstreams.set("one", vec![json_answer("x", 30_000, 1)]);
        assert_eq!(sim.chat(&body, Client::ReadsAll).await.status, 200);
        let charged = sim.book.charged();
        assert_eq!(charged == NanoUsd::new(30_000 * 1_000 + 2_000), whole, "{image_tokens_max:?}: {charged}");
        assert_eq!(sim.log.take().contains("written_off"), !whole);
    }
}

/// R-LIM-1: large bodies of accounts that have nothing fill a quarter of the room; who pays has the rest, be it in the same tier.
#[tokio::test(start_paused = true)]
async fn r_lim_1_who_pays_nothing_cannot_fill_the_room() {
    let sim = SimHouse::open(Setup { price: json!("free"), ..Setup::default() }).await;
    let mut keys = Vec::new();
    for name in ["a", "b", "c"] {
        sim.manage("POST", "/workspaces", &json!({ "name": name })).await;
        let key = sim.manage("POST", "/keys", &json!({ "workspace": name, "name": "k" })).await;
        keys.push(key["key"].as_str().unwrap().to_owned());
    }
    // They are held until the provider says something.
    sim.upstreams.set("one", vec![json_answer("Hello", 10, 5).after(secs(20))]);
    let body = json!({ "model": "m", "max_tokens": 10, "messages": [{ "role": "user", "content": " ".repeat(1_000_000) }] });
    let call = async |key: &str| {
        let request = Request::builder().method("POST").uri("/v1/chat/completions");
        let request =
            request.header("authorization", format!("Bearer {key}")).header("content-type", "application/json");
        let (head, answer) = sim.answer(request.body(Body::from(body.to_string())).unwrap()).await.into_parts();
        let told = answer.collect().await.unwrap().to_bytes();
        (head.status.as_u16(), String::from_utf8_lossy(&told).into_owned())
    };
    let four = async |key: &str| {
        let (a, b, c, d) = tokio::join!(call(key), call(key), call(key), call(key));
        [a.0, b.0, c.0, d.0]
    };
    let late = async {
        tokio::time::sleep(secs(1)).await;
        (call(&keys[2]).await, call(sim.key()).await)
    };
    let (first, second, (refused, paying)) = tokio::join!(four(&keys[0]), four(&keys[1]), late);
    assert_eq!([first, second], [[200; 4]; 2]);
    assert_eq!(refused.0, 503, "{}", refused.1);
    assert!(refused.1.contains("without a plan or credit"), "{}", refused.1);
    assert_eq!(paying.0, 200, "{}", paying.1);
    assert_eq!(call(&keys[2]).await.0, 200, "the room is free again");
}
