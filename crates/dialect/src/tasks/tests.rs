//! Tasks as providers tell them and as clients read them. Never here: the shape that a catalogue declares (crate catalog).

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const BEGUN: &str = r#"{"task_id":"task_1","status":"pending","created":7,"model":"upstream-model"}"#;
const DONE: &str = r#"{"task_id":"task_1","status":"succeeded","data":[{"url":"https://host-7.example/a.png"},{"b64_json":"AAAA"}]}"#;

/// The shape that the simulated provider has.
fn plain() -> TaskShape {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    TaskShape {
        begin: "/images/generations".to_owned(),
        ask: "/tasks/{id}".to_owned(),
        id: "task_id".to_owned(),
        state: "status".to_owned(),
        pending: words(&["pending", "processing"]),
        succeeded: words(&["succeeded"]),
        failed: words(&["failed"]),
        images: "data".to_owned(),
        url: "url".to_owned(),
        b64_json: "b64_json".to_owned(),
    }
}

/// A provider that tells the same in other words and at other places.
fn nested() -> TaskShape {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    TaskShape {
        begin: "/services/images".to_owned(),
        ask: "/jobs/{id}/state".to_owned(),
        id: "output.job.id".to_owned(),
        state: "output.job.state".to_owned(),
        pending: words(&["PENDING", "RUNNING"]),
        succeeded: words(&["DONE"]),
        failed: words(&["BROKEN"]),
        images: "output.results".to_owned(),
        url: String::new(),
        b64_json: String::new(),
    }
}

/// R-API-8: what a provider says of a task, at its beginning and later, in its declared shape.
#[test]
fn r_api_8_tasks_are_read_in_their_shape() {
    let shape = plain();
    let begun = read_begun(&shape, 2, BEGUN.as_bytes()).unwrap();
    assert_eq!(begun, Begun { id: "task_1".to_owned(), state: TaskState::Pending });
    let made = vec![Picture::Url("https://host-7.example/a.png".to_owned()), Picture::Base64("AAAA".to_owned())];
    assert_eq!(read_state(&shape, 2, DONE.as_bytes()), Ok(TaskState::Succeeded(made.clone())));
    // One that is quick has ended before it is asked about.
    assert_eq!(read_begun(&shape, 2, DONE.as_bytes()).unwrap().state, TaskState::Succeeded(made));
    let failed = r#"{"task_id":"t","status":"Failed","error":{"message":"UPSTREAM","code":"generation_failed"}}"#;
    assert_eq!(read_state(&shape, 1, failed.as_bytes()), Ok(TaskState::Failed));
    let nested = nested();
    let at = |job: &str| format!(r#"{{"output":{{"job":{job},"results":["https://a/1"]}},"request":"x"}}"#);
    let begun = read_begun(&nested, 1, at(r#"{"id":"a/b","state":"RUNNING"}"#).as_bytes()).unwrap();
    assert_eq!((begun.id.as_str(), begun.state), ("a/b", TaskState::Pending));
    let ended = read_state(&nested, 1, at(r#"{"id":"j","state":"DONE"}"#).as_bytes());
    assert_eq!(ended, Ok(TaskState::Succeeded(vec![Picture::Url("https://a/1".to_owned())])));
    assert_eq!(task_path(&nested, "../a b?"), "/jobs/%2E%2E%2Fa%20b%3F/state");
    assert_eq!(task_path(&shape, "task_1"), "/tasks/task_1");
}

/// What tells no declared state, or no picture where one is due, is a broken upstream; what went wrong is an upstream's fault.
#[test]
fn r_wire_4_what_is_no_task_is_a_broken_upstream() {
    let shape = plain();
    for bad in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{} {}",
        r#"{"status":"pending"}"#,
        r#"{"task_id":"","status":"pending"}"#,
        r#"{"task_id":"a\nb","status":"pending"}"#,
        r#"{"task_id":7,"status":"pending"}"#,
        r#"{"task_id":"t"}"#,
        r#"{"task_id":"t","status":"resting"}"#,
        r#"{"task_id":"t","status":"succeeded"}"#,
        r#"{"task_id":"t","status":"succeeded","data":[]}"#,
        r#"{"task_id":"t","status":"succeeded","data":[{"url":"file:///a"}]}"#,
        r#"{"task_id":"t","status":"succeeded","data":[{"b64_json":"?"}]}"#,
    ] {
        assert_eq!(read_begun(&shape, 1, bad.as_bytes()), Err(StreamFault::Garbage), "{bad}");
    }
    // What nobody ordered is nobody's.
    let two = r#"{"task_id":"t","status":"succeeded","data":[{"url":"https://a"},{"url":"https://b"}]}"#;
    let one = TaskState::Succeeded(vec![Picture::Url("https://a".to_owned())]);
    assert_eq!(read_begun(&shape, 1, two.as_bytes()).map(|begun| begun.state), Ok(one));
    for error in [r#"{"error":{"message":"x","type":"server_error"}}"#, r#"{"task_id":"t","error":"x"}"#] {
        assert!(matches!(read_begun(&shape, 1, error.as_bytes()), Err(StreamFault::Upstream(_))), "{error}");
    }
    assert_eq!(read_state(&shape, 1, b"\"\xff\""), Err(StreamFault::Garbage));
}

/// R-API-8: the body is that of the seed while the task is pending, and keeps its members when it ends. No word of a provider
/// is in it.
#[test]
fn r_api_8_a_client_reads_one_shape_to_the_end() {
    let told = |state: &TaskState| -> Value {
        let reply = TaskReply {
            created: 1_710_000_000,
            task_id: "task_ours",
            provider_task_id: "ptask_ours",
            model: "google/nano-banana-pro",
            state,
            pending_data: PendingData::Empty,
        };
        serde_json::from_slice(&write_task(&reply)).unwrap()
    };
    let with = |status: &str, data: Value| {
        json!({"created": 1_710_000_000, "data": data, "task_id": "task_ours", "provider_task_id": "ptask_ours",
            "status": status, "model": "google/nano-banana-pro"})
    };
    assert_eq!(told(&TaskState::Pending), with("pending", json!([])));
    let made = vec![Picture::Url("https://ours/\"1\"".to_owned()), Picture::Base64("AAAA".to_owned())];
    let data = json!([{"url": "https://ours/\"1\""}, {"b64_json": "AAAA"}]);
    assert_eq!(told(&TaskState::Succeeded(made)), with("succeeded", data));
    let mut failed = told(&TaskState::Failed);
    let error = failed.as_object_mut().unwrap().remove("error").unwrap();
    assert_eq!(failed, with("failed", json!([])));
    assert_eq!(error["code"], "task_failed");
}

proptest! {
    #[test]
    fn no_damage_is_a_panic(
        at in 0_usize..DONE.len(), drop in 0_usize..30, put in "[\\[\\]{}\":,a-z0-9 \\\\]{0,8}", most in 1_u32..4,
    ) {
        for text in [BEGUN, DONE] {
            let at = at.min(text.len());
            let to = (at + drop).min(text.len());
            let body = [&text.as_bytes()[..at], put.as_bytes(), &text.as_bytes()[to..]].concat();
            if let Ok(Begun { id, state }) = read_begun(&plain(), most, &body) {
                prop_assert!(!id.is_empty());
                if let TaskState::Succeeded(made) = &state {
                    prop_assert!((1..=most as usize).contains(&made.len()));
                }
            }
        }
    }
}
