//! The answers that are kept for later calls (`store`). In: the items of a conversation. Out: the same by an id.
//! Never here: what an item says; nothing survives the process.

use parking_lot::Mutex;
use serde_json::Value;
use std::collections::HashMap;

/// Answers kept before all are forgotten.
const ANSWERS_MAX: usize = 10_000;

/// What was kept.
#[derive(Default)]
pub(crate) struct Store {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    answers: HashMap<String, Vec<Value>>,
    items: HashMap<String, Value>,
}

impl Store {
    /// Keeps a conversation, question and answer, under the id of the answer.
    pub(super) fn keep(&self, id: &str, items: Vec<Value>) {
        let mut inner = self.inner.lock();
        if inner.answers.len() >= ANSWERS_MAX {
            *inner = Inner::default();
        }
        for item in &items {
            if let Some(id) = item["id"].as_str() {
                inner.items.insert(id.to_owned(), item.clone());
            }
        }
        inner.answers.insert(id.to_owned(), items);
    }

    /// The conversation up to an answer.
    pub(super) fn conversation(&self, id: &str) -> Option<Vec<Value>> {
        self.inner.lock().answers.get(id).cloned()
    }

    pub(super) fn item(&self, id: &str) -> Option<Value> {
        self.inner.lock().items.get(id).cloned()
    }
}
