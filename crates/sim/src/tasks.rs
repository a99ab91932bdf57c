//! A provider that paints in its own time: a task is made, and asked about until it is done.
//! In: prompts, ids of tasks. Out: tasks and what became of them. Never here: the pixels; nothing survives the process.

use crate::ask::Ask;
use crate::openai;
use crate::openai::images::{self, Picture};
use crate::refused::{Refused, Stamp};
use crate::route::{Call, Found};
use crate::wire::Wire;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Tasks kept before all are forgotten.
const TASKS_MAX: usize = 100_000;
/// How often a task is found unfinished when no directive says.
const POLLS: u64 = 2;

/// Every task of this process.
#[derive(Default)]
pub(crate) struct Tasks {
    known: Mutex<HashMap<String, Task>>,
}

struct Task {
    model: String,
    created: i64,
    /// Questions so far, and how many of them find it unfinished.
    asked: u64,
    polls: u64,
    failure: Option<String>,
    urls: Vec<String>,
}

/// Everything before an answer: who asks, and what for.
pub(crate) fn look_up(call: &Call<'_>, method: &str) -> Result<Found, Refused> {
    openai::authorise(&call.sim.config, call.headers)?;
    match (method, call.rest) {
        ("POST", "images/generations") => {
            let (ask, picture) = images::generations(call.body, &call.sim.config)?;
            let ask = Ask { stream: false, ..ask };
            Ok(Found::ask((ask, Wire::NewTask(Box::new(picture)))))
        }
        ("GET", rest) if rest.starts_with("tasks/") => {
            let id = rest.trim_start_matches("tasks/");
            let known = call.sim.tasks.known.lock();
            let Some(task) = known.get(id) else {
                return Err(Refused::new(404, format!("Task '{id}' not found.")).code("task_not_found"));
            };
            let ask = Ask { model: task.model.clone(), count: 1, ..Ask::default() };
            Ok(Found::ask((ask, Wire::Task(id.to_owned()))))
        }
        ("GET", rest) if rest.starts_with("models") => openai::models(&call.sim.config, rest).map(Found::Json),
        _ => Err(call.nowhere(method, &["images/generations", "models"])),
    }
}

/// The headers of every answer.
pub(crate) fn headers(stamp: &Stamp) -> Vec<(&'static str, String)> {
    vec![("x-request-id", stamp.id("req_", 0)), ("x-task-node", stamp.canary.clone())]
}

impl Tasks {
    /// Makes a task and tells its id.
    pub(crate) fn begin(&self, call: &Call<'_>, ask: &Ask, picture: &Picture) -> Value {
        let id = call.stamp.id("task_", 0);
        let task = Task {
            model: ask.model.clone(),
            created: call.stamp.created,
            asked: 0,
            polls: ask.directives.number("polls").unwrap_or(POLLS),
            failure: ask.directives.get("task_fail").map(str::to_owned),
            urls: picture.addresses(call),
        };
        let told = json!({"task_id": id, "status": "pending", "created": task.created, "model": task.model});
        let mut known = self.known.lock();
        if known.len() >= TASKS_MAX {
            known.clear();
        }
        known.insert(id, task);
        told
    }

    /// How a task stands; it gets on by being asked about.
    pub(crate) fn ask(&self, id: &str) -> Value {
        let mut known = self.known.lock();
        let Some(task) = known.get_mut(id) else {
            return json!({"task_id": id, "status": "failed", "error": {"code": "task_lost", "message": "lost"}});
        };
        task.asked += 1;
        let mut out = json!({"task_id": id, "status": "succeeded", "created": task.created, "model": task.model});
        if task.asked <= task.polls {
            out["status"] = json!(if task.asked == 1 { "pending" } else { "processing" });
        } else if let Some(message) = &task.failure {
            let message = if message.is_empty() { "The picture could not be painted." } else { message };
            out["status"] = json!("failed");
            out["error"] = json!({"code": "generation_failed", "message": message});
        } else {
            out["data"] = task.urls.iter().map(|url| json!({ "url": url })).collect();
        }
        out
    }
}
