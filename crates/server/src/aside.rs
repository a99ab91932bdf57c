//! Work that takes long is done aside: on threads of its own, so that no worker's runtime, which has one thread, stands still for it. In:
//! work. Out: what came of it. Never here: what the work is; what waits for a disk (assets/disk).

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

type Work = Box<dyn FnOnce() + Send>;

/// Too much waits to be done.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("too much of this is being done just now")]
pub struct Full;

/// The way to the threads, as many as may work at once. They end with it.
pub struct Aside {
    door: mpsc::Sender<Work>,
    asked: Arc<AtomicUsize>,
    asked_max: usize,
}

/// One place among those who asked; free again when it is dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Aside {
    /// Starts so many threads, but one at least; at most `asked_max` wait for them, those included whose work is under way.
    ///
    /// # Errors
    /// When a thread cannot be made.
    pub fn start(name: &str, threads: usize, asked_max: usize) -> io::Result<Self> {
        let (door, work) = mpsc::channel::<Work>();
        let work = Arc::new(parking_lot::Mutex::new(work));
        for n in 0..threads.max(1) {
            let work = work.clone();
            #[expect(clippy::disallowed_methods, reason = "the home of the threads for work that takes long")]
            std::thread::Builder::new().name(format!("{name}-{n}")).spawn(move || {
                loop {
                    // Whoever waits for work keeps the others waiting, and lets go before it begins.
                    let next = work.lock().recv();
                    let Ok(next) = next else { return };
                    // A defect in one piece of work takes no thread from the others; who asked for it hears that nothing came.
                    let _ = catch_unwind(AssertUnwindSafe(next));
                }
            })?;
        }
        Ok(Self { door, asked: Arc::default(), asked_max })
    }

    /// Does something aside. What nobody waits for any more when its turn comes is not done.
    ///
    /// # Errors
    /// `Full` when too much waits.
    pub async fn ask<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Full> {
        let before = self.asked.fetch_add(1, Ordering::Relaxed);
        let place = Place(self.asked.clone());
        if before >= self.asked_max {
            return Err(Full);
        }
        let (reply, answer) = tokio::sync::oneshot::channel();
        let work: Work = Box::new(move || {
            let _place = place;
            if !reply.is_closed() {
                let _ = reply.send(work());
            }
        });
        // A thread that is gone drops the work, and its reply with it.
        drop(self.door.send(work));
        answer.await.map_err(|_| Full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::task::Poll;

    /// Work that goes on until it is told to end, and what tells it.
    fn held() -> (impl FnOnce() + Send + 'static, mpsc::Sender<()>) {
        let (end, ended) = mpsc::channel();
        (move || assert!(ended.recv().is_ok()), end)
    }

    /// A future after one look at it.
    async fn polled<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
    }

    #[tokio::test]
    async fn too_much_at_once_is_refused() {
        let aside = Aside::start("test", 1, 2).unwrap();
        let ((one, end_one), (two, end_two)) = (held(), held());
        let refused = async {
            let answer = aside.ask(|| ()).await;
            end_one.send(()).unwrap();
            end_two.send(()).unwrap();
            answer
        };
        assert_eq!(tokio::join!(biased; aside.ask(one), aside.ask(two), refused), (Ok(()), Ok(()), Err(Full)));
        // A place is free again once its work is done: the thread gives it back just behind the answer.
        while aside.ask(|| 7).await != Ok(7) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_done() {
        let aside = Aside::start("test", 1, 9).unwrap();
        let (first, end) = held();
        let (done, seen) = mpsc::channel();
        let mut first = Box::pin(aside.ask(first));
        assert!(polled(&mut first).await.is_pending());
        {
            let mut left = Box::pin(aside.ask(move || done.send(())));
            assert!(polled(&mut left).await.is_pending());
        }
        end.send(()).unwrap();
        first.await.unwrap();
        assert_eq!((aside.ask(|| 7).await, seen.try_recv().is_err()), (Ok(7), true));
    }

    #[tokio::test]
    async fn a_defect_ends_no_thread_and_keeps_no_place() {
        let aside = Aside::start("test", 1, 1).unwrap();
        assert_eq!(aside.ask(|| assert_eq!(1, 2)).await, Err(Full));
        while aside.ask(|| 7).await != Ok(7) {
            tokio::task::yield_now().await;
        }
    }
}
