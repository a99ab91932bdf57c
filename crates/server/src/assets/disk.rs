//! Threads that wait for the disk in the workers' place: a worker's runtime has one thread, and a slow disk must not hold up
//! the answers beside it. In: questions, each of which reads or writes one thing. Out: answers.
//! Never here: what is read or written.

use crate::limits::ASSET_THREADS;
use parking_lot::Mutex;
use std::io;
use std::sync::{Arc, mpsc};

type Question = Box<dyn FnOnce() + Send>;

/// The way to the threads. They end with it.
#[derive(Clone)]
pub struct Disk(mpsc::Sender<Question>);

impl Disk {
    /// Starts the threads.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn start() -> io::Result<Self> {
        let (door, questions) = mpsc::channel::<Question>();
        let questions = Arc::new(Mutex::new(questions));
        for n in 0..ASSET_THREADS {
            let questions = questions.clone();
            #[expect(clippy::disallowed_methods, reason = "the home of the threads that read and write pictures")]
            std::thread::Builder::new().name(format!("assets-{n}")).spawn(move || {
                loop {
                    // Whoever waits for a question keeps the others waiting, and lets go before it answers.
                    let question = questions.lock().recv();
                    let Ok(question) = question else { return };
                    question();
                }
            })?;
        }
        Ok(Self(door))
    }

    /// Asks; a question is answered also when nobody waits for it any more.
    ///
    /// # Errors
    /// What the question fails with.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let question: Question = Box::new(move || {
            // Nobody waits any more when this fails.
            let _ = reply.send(question());
        });
        // A thread that is gone drops the question, and its reply with it.
        drop(self.0.send(question));
        answer.await.unwrap_or_else(|_| Err(io::Error::other("the threads for pictures are gone")))
    }
}
