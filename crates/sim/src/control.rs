//! The side door for tests: the journal and the script. In: `/_sim/*`. Out: JSON.
//! Never here: anything a provider would serve.

use crate::body::Paced;
use crate::route::{Sim, json_reply};
use bytes::Bytes;
use hyper::Response;
use serde_json::{Value, json};

/// Answers `/_sim/<what>`.
pub(crate) fn handle(sim: &Sim, method: &str, what: &str, body: &Bytes) -> Response<Paced> {
    match (method, what) {
        ("GET", "health") => json_reply(200, &json!({"ok": true})),
        ("GET", "requests") => json_reply(200, &sim.journal.show()),
        ("DELETE", "requests") => {
            sim.journal.clear();
            json_reply(200, &json!({"cleared": true}))
        }
        ("GET", "script") => json_reply(200, &sim.script.show()),
        ("POST", "script") => match serde_json::from_slice::<Value>(body) {
            Ok(line) => match sim.script.add(&line) {
                Ok(()) => json_reply(200, &sim.script.show()),
                Err(why) => json_reply(400, &json!({"error": why})),
            },
            Err(why) => json_reply(400, &json!({"error": why.to_string()})),
        },
        ("DELETE", "script") => {
            sim.script.clear();
            json_reply(200, &json!({"cleared": true}))
        }
        ("DELETE", "cache") => {
            sim.cache.clear();
            json_reply(200, &json!({"cleared": true}))
        }
        ("GET", "directives") => {
            let keys = crate::Directives::keys().iter();
            let table: serde_json::Map<String, Value> =
                keys.map(|(key, doc)| ((*key).to_owned(), json!(doc))).collect();
            json_reply(200, &Value::Object(table))
        }
        _ => json_reply(404, &json!({"error": "no such control"})),
    }
}
