//! Pictures: made at once, changed, made in a provider's own time. In: calls, what providers say. Out: an exact bill, what the
//! caller is told, no hold that stays. Never here: the shape of every field (dialect), real SDKs (tests/e2e).

use crate::secs;
use serde_json::{Value, json};
use simtest::{Script, Seen, Setup, SimHouse, Step};
use units::{Class, NanoUsd, UsageSource};

const PNG: &str = "iVBORw0KGgo=";
/// What a server of pictures gives out; a picture by its first letters.
const GIF: &str = "GIF89a and so on";

fn told(seen: &Seen) -> Value {
    serde_json::from_str(&seen.text()).unwrap_or(Value::Null)
}

fn usd(text: &str) -> NanoUsd {
    NanoUsd::parse_usd(text).unwrap_or(NanoUsd::MAX)
}

fn picture() -> Script {
    Script::stream(vec![Step::Say(GIF.to_owned())]).with("content-type", "image/gif")
}

fn with(mut body: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

fn made(count: usize, more: &Value) -> Script {
    Script::json(200, &with(json!({ "created": 1, "data": vec![json!({ "b64_json": PNG }); count] }), more))
}

async fn open(price: Value, tasks: bool) -> SimHouse {
    SimHouse::open(Setup { serves: "images", price, tasks, image_tokens_max: Some(1_000), ..Setup::default() })
        .await
}

fn ask(more: &Value) -> Value {
    with(json!({ "model": "m", "prompt": "a fox" }), more)
}

async fn make(sim: &SimHouse, more: &Value) -> Seen {
    sim.ask("POST", "/v1/images/generations", &ask(more)).await
}

fn by_size() -> Value {
    json!({ "image.1024x1024.low": "0.01", "image.1024x1024.high": "0.16", "image.1536x1024.high": "0.25" })
}

/// R-API-8, R-BILL-3: a picture costs what its size and quality cost as it came; so much as the dearest may cost is needed first.
#[tokio::test(start_paused = true)]
async fn r_api_8_pictures_are_billed_as_they_came() {
    let sim = open(by_size(), false).await;
    sim.upstreams.set("one", vec![made(2, &json!({ "size": "1024x1024", "quality": "low" }))]);
    let seen = make(&sim, &json!({ "n": 2 })).await;
    assert_eq!((seen.status, told(&seen)["data"].as_array().unwrap().len()), (200, 2), "{}", seen.text());
    let row = sim.book.rows().pop().unwrap();
    assert_eq!((row.charge, row.usage.count(Class::Images), row.source), (usd("0.02"), 2, UsageSource::Provider));
    assert_eq!(row.endpoint, "images.generations");
    // Nothing told: the dearest of what was asked for.
    sim.upstreams.set("one", vec![made(1, &json!({}))]);
    make(&sim, &json!({ "size": "1024x1024" })).await;
    assert_eq!(sim.book.rows().pop().unwrap().charge, usd("0.16"));
    assert_eq!(sim.book.open_holds(), 0);
    // A dollar less 18 cents is left: four of the dearest are too many.
    let seen = make(&sim, &json!({ "n": 4 })).await;
    assert_eq!(
        (seen.status, told(&seen)["error"]["code"].clone()),
        (402, json!("insufficient_credits")),
        "{}",
        seen.text()
    );
    assert_eq!(sim.upstreams.arrived().len(), 2, "nobody was asked");
}

/// R-API-8: what has no price, or is more than was asked for, is nobody's to pay.
#[tokio::test(start_paused = true)]
async fn r_api_8_what_cannot_be_sold_is_not_asked_for() {
    let sim = open(by_size(), false).await;
    sim.upstreams.set("one", vec![made(2, &json!({}))]);
    for (more, param) in
        [(json!({ "size": "64x64" }), "size"), (json!({ "quality": "hd" }), "quality"), (json!({ "n": 0 }), "n")]
    {
        let seen = make(&sim, &more).await;
        assert_eq!((seen.status, told(&seen)["error"]["param"].clone()), (400, json!(param)), "{}", seen.text());
    }
    assert_eq!(sim.upstreams.arrived().len(), 0);
    // Two came where one was asked for.
    let seen = make(&sim, &json!({})).await;
    assert_eq!(
        (seen.status, sim.book.open_holds(), sim.book.charged()),
        (502, 0, NanoUsd::ZERO),
        "{}",
        seen.text()
    );
    assert_eq!(sim.upstreams.arrived().len(), 1, "nobody is asked for as many again");
    let chat = json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }] });
    let seen = sim.ask("POST", "/v1/chat/completions", &chat).await;
    assert_eq!((seen.status, told(&seen)["error"]["param"].clone()), (400, json!("model")), "{}", seen.text());
}

/// R-BILL-3: where tokens have a price, the report counts; without one each picture is taken for as many as were held.
#[tokio::test(start_paused = true)]
async fn r_bill_3_pictures_may_be_billed_by_tokens() {
    let sim = open(json!({ "input": "1.00", "output": "10.00" }), false).await;
    let usage = json!({ "input_tokens": 5, "output_tokens": 100, "total_tokens": 105 });
    sim.upstreams.set("one", vec![made(1, &json!({ "usage": usage })), made(2, &json!({}))]);
    make(&sim, &json!({})).await;
    make(&sim, &json!({ "n": 2 })).await;
    let rows = sim.book.rows();
    assert_eq!((rows[0].charge, rows[0].source), (NanoUsd::new(5_000 + 1_000_000), UsageSource::Provider));
    assert_eq!(rows[1].source, UsageSource::Estimated);
    assert_eq!(rows[1].usage.count(Class::Output), 2_000);
}

/// R-ERR-7: a provider's address is not told; where its picture cannot be had, nobody pays for it.
#[tokio::test(start_paused = true)]
async fn r_err_7_addresses_are_ours() {
    let sim = open(json!({ "image": "0.04" }), false).await;
    let by_address = |to: &str| Script::json(200, &json!({ "created": 1, "data": [{ "url": to }] }));
    sim.upstreams.set("one", vec![by_address("http://one/canary.png?token=canary"), picture()]);
    let seen = make(&sim, &json!({ "response_format": "url" })).await;
    let url = told(&seen)["data"][0]["url"].as_str().unwrap_or_default().to_owned();
    assert!(url.contains("/v1/assets/ast_") && !seen.text().contains("canary"), "{}", seen.text());
    assert_eq!((sim.book.charged(), sim.book.open_holds()), (usd("0.04"), 0));
    for (nth, broken) in [
        (0, Script::json(404, &Value::Null)),
        (1, Script::stream(vec![Step::Say("<svg>".to_owned())])),
        (2, Script::stream(vec![Step::Say("GIF".to_owned()), Step::Cut])),
        (3, Script::stream(Vec::new()).with("location", "http://one/other")),
    ] {
        sim.upstreams.set("one", vec![by_address("http://one/canary.png"), broken]);
        let seen = make(&sim, &json!({})).await;
        assert_eq!((seen.status, sim.book.open_holds()), (502, 0), "{nth}: {}", seen.text());
        assert!(!seen.text().contains("canary"));
    }
    // Inside the operator's network, but not the provider's own server.
    sim.upstreams.set("one", vec![by_address("http://two/x.png")]);
    assert_eq!(make(&sim, &json!({})).await.status, 502);
    assert_eq!(sim.book.charged(), usd("0.04"));
}

fn begun() -> Script {
    Script::json(200, &json!({ "task_id": "canary-1", "status": "queued" }))
}

fn state(status: &str) -> Script {
    Script::json(200, &json!({ "task_id": "canary-1", "status": status }))
}

fn done(urls: &[&str]) -> Script {
    let data: Vec<Value> = urls.iter().map(|url| json!({ "url": url })).collect();
    Script::json(200, &json!({ "task_id": "canary-1", "status": "succeeded", "data": data }))
}

async fn look(sim: &SimHouse, id: &Value) -> Value {
    told(&sim.ask("GET", &format!("/v1/tasks/{}", id.as_str().unwrap_or("none")), &Value::Null).await)
}

/// R-API-8, 004-06, 004-07: a task is pending at once and holds its credit; when its pictures are there they are charged, once.
#[tokio::test(start_paused = true)]
async fn r_api_8_a_task_is_charged_when_it_succeeds() {
    let sim = open(json!({ "image": "0.04" }), true).await;
    let answers = [begun(), state("processing"), done(&["http://one/a.gif", "http://one/b.gif"]), picture()];
    sim.upstreams.set("one", answers.to_vec());
    let seen = make(&sim, &json!({ "n": 3, "response_format": "b64_json" })).await;
    let pending = told(&seen);
    assert_eq!(
        (seen.status, &pending["status"], &pending["data"]),
        (200, &json!("pending"), &json!([])),
        "{pending}"
    );
    assert_eq!(pending["model"], "m");
    assert!(pending["task_id"].as_str().unwrap().starts_with("task_") && !seen.text().contains("canary"));
    assert_eq!((sim.book.open_holds(), sim.book.rows().len()), (1, 0));
    let held = sim.book.left(sim.workspace, sim.clock.now()).held;
    assert_eq!(held, usd("0.12"));
    assert_eq!(look(&sim, &pending["task_id"]).await, pending);

    sim.keep_tasks(secs(30)).await;
    let ended = look(&sim, &pending["task_id"]).await;
    assert_eq!(ended["status"], "succeeded", "{ended}");
    let urls: Vec<&str> = ended["data"].as_array().unwrap().iter().map(|p| p["url"].as_str().unwrap()).collect();
    assert!(urls.len() == 2 && urls.iter().all(|url| url.contains("/v1/assets/ast_")), "{ended}");
    let row = sim.book.rows().pop().unwrap();
    assert_eq!((row.charge, row.usage.count(Class::Images), row.status), (usd("0.08"), 2, 200));
    assert_eq!((sim.book.open_holds(), sim.book.rows().len()), (0, 1));
    // Nothing more happens to it.
    let asked = sim.upstreams.arrived().len();
    sim.keep_tasks(secs(60)).await;
    assert_eq!((sim.upstreams.arrived().len(), sim.book.rows().len()), (asked, 1));
    // The log tells of both ends.
    let log = sim.log.take();
    assert!(
        log.contains("request.done") && log.contains("task.done") && log.contains("charge.nano_usd=80000000"),
        "{log}"
    );
}

/// R-API-8, 004-07: a task that fails, or is given up, gives its hold back.
#[tokio::test(start_paused = true)]
async fn r_api_8_a_task_that_fails_costs_nothing() {
    for (nth, answers, patience) in [
        (0, vec![begun(), state("failed")], 30),
        // The provider never gets to an end, is away, or forgets it: the time of a task ends.
        (1, vec![begun(), state("processing")], 3_700),
        (2, vec![begun(), Script::unreachable()], 3_700),
        (3, vec![begun(), Script::json(404, &json!({ "error": { "message": "canary" } }))], 3_700),
        (4, vec![begun(), state("a word of its own")], 3_700),
        (5, vec![begun(), Script::stream(vec![Step::Hang])], 3_700),
        // Its pictures cannot be had.
        (6, vec![begun(), done(&["http://two/a.gif"])], 3_700),
    ] {
        let sim = open(json!({ "image": "0.04" }), true).await;
        sim.upstreams.set("one", answers);
        let pending = told(&make(&sim, &json!({})).await);
        assert_eq!(pending["status"], "pending", "{nth}: {pending}");
        sim.keep_tasks(secs(patience)).await;
        let ended = look(&sim, &pending["task_id"]).await;
        assert_eq!((&ended["status"], &ended["data"]), (&json!("failed"), &json!([])), "{nth}: {ended}");
        assert_eq!(ended["error"]["code"], "task_failed");
        assert!(!ended.to_string().contains("canary"));
        assert_eq!((sim.book.open_holds(), sim.book.charged()), (0, NanoUsd::ZERO), "{nth}");
        assert!(sim.book.rows().pop().unwrap().fault.is_some(), "{nth}");
    }
}

/// R-API-8: what was brought is not brought again while another picture cannot be had; what nobody ordered is nobody's.
#[tokio::test(start_paused = true)]
async fn r_api_8_each_picture_is_brought_once() {
    let sim = open(json!({ "image": "0.04" }), true).await;
    let three = || done(&["http://one/a.gif", "http://one/b.gif", "http://one/c.gif"]);
    let missing = Script::json(404, &Value::Null);
    sim.upstreams.set("one", vec![begun(), three(), picture(), missing, three(), picture()]);
    let pending = told(&make(&sim, &json!({ "n": 2 })).await);
    sim.keep_tasks(secs(30)).await;
    let ended = look(&sim, &pending["task_id"]).await;
    assert_eq!(
        (&ended["status"], ended["data"].as_array().map(Vec::len)),
        (&json!("succeeded"), Some(2)),
        "{ended}"
    );
    let asked = sim.upstreams.arrived().into_iter().filter(|asked| asked.host == "one").count();
    assert_eq!((asked, sim.book.charged()), (6, usd("0.08")), "begun, asked, one, none, asked, the other");
}

/// R-API-8: a task that does not begin is a failed call, and the next provider's turn.
#[tokio::test(start_paused = true)]
async fn r_api_8_a_task_that_does_not_begin_is_a_failed_call() {
    for (nth, answer, status) in [
        (0, Script::json(400, &json!({ "error": { "message": "canary" } })), 400),
        (1, Script::json(200, &json!({ "status": "queued" })), 502),
        (2, Script::json(200, &json!({ "task_id": "x", "status": "failed" })), 502),
        (3, Script::json(500, &Value::Null), 502),
    ] {
        let sim = open(json!({ "image": "0.04" }), true).await;
        sim.upstreams.set("one", vec![answer]);
        let seen = make(&sim, &json!({})).await;
        assert_eq!((seen.status, sim.book.open_holds()), (status, 0), "{nth}: {}", seen.text());
        assert!(!seen.text().contains("canary"));
    }
}

/// R-API-8: who asks for another's task, or for none, learns nothing.
#[tokio::test(start_paused = true)]
async fn r_api_8_only_ids_of_ours_are_looked_for() {
    let sim = open(json!({ "image": "0.04" }), true).await;
    for id in ["task_01m8m9fht2et2tn478vh923gxy", "req_01m8m9fht2et2tn478vh923gxy", "x", "..", "%00", "%FF"] {
        let seen = sim.ask("GET", &format!("/v1/tasks/{id}"), &Value::Null).await;
        assert_eq!(
            (seen.status, told(&seen)["error"]["code"].clone()),
            (404, json!("not_found")),
            "{id}: {}",
            seen.text()
        );
    }
    let seen = sim.ask("POST", "/v1/tasks/x", &Value::Null).await;
    assert_eq!(seen.status, 405);
}

/// R-API-8: a model without a server that changes pictures says so.
#[tokio::test(start_paused = true)]
async fn r_api_8_pictures_are_changed_where_a_server_does() {
    let edit = json!({ "images": [{ "image_url": format!("data:image/png;base64,{PNG}") }] });
    let sim = open(json!({ "image": "0.04" }), true).await;
    let seen = sim.ask("POST", "/v1/images/edits", &ask(&edit)).await;
    assert_eq!((seen.status, told(&seen)["error"]["param"].clone()), (400, json!("model")), "{}", seen.text());
    let sim = open(json!({ "image": "0.04" }), false).await;
    sim.upstreams.set("one", vec![made(1, &json!({}))]);
    let seen = sim.ask("POST", "/v1/images/edits", &ask(&edit)).await;
    assert_eq!((seen.status, sim.book.charged()), (200, usd("0.04")), "{}", seen.text());
    assert_eq!(sim.upstreams.arrived()[0].body["model"], "upstream-model");
}
