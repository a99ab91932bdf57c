//! A thread with a connection of its own, beside that of the ledger: one that only reads the ledger's file, or one of another
//! file. In: questions. Out: answers. Never here: a write into the ledger's file.

use super::{gone, sql_error};
use crate::port::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::sync::mpsc;

type Question = Box<dyn FnOnce(&Connection) + Send>;

/// The way to the reading thread.
pub struct Reader {
    door: Mutex<Option<mpsc::Sender<Question>>>,
}

impl Reader {
    /// Starts the thread.
    #[expect(clippy::disallowed_methods, reason = "the home of the reading thread")]
    pub fn start(db: Connection) -> std::io::Result<Self> {
        let (door, questions) = mpsc::channel::<Question>();
        std::thread::Builder::new()
            .name("store-read".to_owned())
            .spawn(move || questions.iter().for_each(|question| question(&db)))?;
        Ok(Self { door: Mutex::new(Some(door)) })
    }

    /// Asks; questions are answered one after the other.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let question: Question = Box::new(move |db| {
            // Nobody waits any more when this fails.
            let _ = reply.send(question(db).map_err(sql_error));
        });
        match &*self.door.lock() {
            // A thread that is gone drops the question, and its reply with it.
            Some(door) => drop(door.send(question)),
            None => drop(question),
        }
        answer.await.map_err(|_| gone())?
    }

    /// Ends the thread once it has answered what was asked.
    pub fn close(&self) {
        self.door.lock().take();
    }
}
