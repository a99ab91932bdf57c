//! One answer on its way from the ledger to a request: a oneshot whose wakes are delivered a batch at a time.
//! In: a value. Out: a future. Why not tokio's oneshot: each send from another thread costs the receiving runtime an
//! eventfd write; here one courier task a runtime is woken once, and wakes its neighbours where that is cheap.
//! Never here: what the answer says.

use parking_lot::Mutex;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::runtime::{Handle, Id};

/// The place where both ends meet.
enum Place<T> {
    Empty,
    Awaited(Waker, Option<Arc<Courier>>),
    Full(T),
    Gone,
}

/// The end that answers. Dropped without an answer, the other end learns it.
pub struct Ack<T>(Arc<Mutex<Place<T>>>);

/// The end that waits: the value, or `None` when there will be none.
pub struct Answer<T>(Arc<Mutex<Place<T>>>);

/// Both ends of one answer.
pub fn pair<T>() -> (Ack<T>, Answer<T>) {
    let place = Arc::new(Mutex::new(Place::Empty));
    (Ack(Arc::clone(&place)), Answer(place))
}

impl<T> Ack<T> {
    /// Puts the answer there; whoever waits is woken when `wakes` is sent.
    pub fn tell(self, value: T, wakes: &mut Wakes) {
        if let Place::Awaited(waker, courier) = std::mem::replace(&mut *self.0.lock(), Place::Full(value)) {
            wakes.add(waker, courier);
        }
    }
}

impl<T> Drop for Ack<T> {
    fn drop(&mut self) {
        let mut place = self.0.lock();
        match std::mem::replace(&mut *place, Place::Gone) {
            Place::Full(value) => *place = Place::Full(value),
            Place::Awaited(waker, _) => {
                drop(place);
                waker.wake();
            }
            Place::Empty | Place::Gone => {}
        }
    }
}

impl<T> Future for Answer<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut place = self.0.lock();
        match std::mem::replace(&mut *place, Place::Gone) {
            Place::Full(value) => Poll::Ready(Some(value)),
            Place::Gone => Poll::Ready(None),
            Place::Empty | Place::Awaited(..) => {
                *place = Place::Awaited(cx.waker().clone(), Courier::here());
                Poll::Pending
            }
        }
    }
}

/// The wakes of one batch, grouped by the runtime that has to be woken.
#[derive(Default)]
pub struct Wakes {
    loose: Vec<Waker>,
    groups: Vec<(Arc<Courier>, Vec<Waker>)>,
}

impl Wakes {
    fn add(&mut self, waker: Waker, courier: Option<Arc<Courier>>) {
        let Some(courier) = courier else {
            return self.loose.push(waker);
        };
        match self.groups.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &courier)) {
            Some((_, wakers)) => wakers.push(waker),
            None => self.groups.push((courier, vec![waker])),
        }
    }

    /// Wakes everybody; a group of one is woken without its courier.
    pub fn send(&mut self) {
        for (courier, mut wakers) in self.groups.drain(..) {
            match (wakers.len(), wakers.pop()) {
                (1, Some(only)) => only.wake(),
                (_, Some(last)) => {
                    wakers.push(last);
                    courier.deliver(wakers);
                }
                (_, None) => {}
            }
        }
        self.loose.drain(..).for_each(Waker::wake);
    }
}

/// A task on a runtime of callers that wakes tasks of that runtime from within.
struct Courier(Mutex<Mailbox>);

#[derive(Default)]
struct Mailbox {
    wakers: Vec<Waker>,
    own: Option<Waker>,
    dead: bool,
}

thread_local! {
    /// The courier of the runtime that runs on this thread.
    static HERE: RefCell<Option<(Id, Arc<Courier>)>> = const { RefCell::new(None) };
}

impl Courier {
    /// The courier of the runtime that polls just now; started when there is none. `None` outside of tokio.
    fn here() -> Option<Arc<Self>> {
        let handle = Handle::try_current().ok()?;
        HERE.with_borrow_mut(|here| {
            let known = here.as_ref().filter(|(id, _)| *id == handle.id());
            if let Some((_, courier)) = known {
                return Some(Arc::clone(courier));
            }
            let courier = Arc::new(Self(Mutex::default()));
            #[expect(clippy::disallowed_methods, reason = "one courier a runtime, which ends with it")]
            handle.spawn(Round(Arc::clone(&courier)));
            *here = Some((handle.id(), Arc::clone(&courier)));
            Some(courier)
        })
    }

    fn deliver(&self, wakers: Vec<Waker>) {
        let mut mailbox = self.0.lock();
        if mailbox.dead {
            drop(mailbox);
            return wakers.into_iter().for_each(Waker::wake);
        }
        mailbox.wakers.extend(wakers);
        let own = mailbox.own.take();
        drop(mailbox);
        if let Some(own) = own {
            own.wake();
        }
    }
}

/// The courier's walk: ends with its runtime.
struct Round(Arc<Courier>);

impl Future for Round {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let wakers = {
            let mut mailbox = self.0.0.lock();
            mailbox.own = Some(cx.waker().clone());
            std::mem::take(&mut mailbox.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
        Poll::Pending
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        let wakers = {
            let mut mailbox = self.0.0.lock();
            mailbox.dead = true;
            mailbox.own = None;
            std::mem::take(&mut mailbox.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current_thread() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn a_batch_reaches_everyone_and_a_lost_end_is_told() {
        let (acks, answers): (Vec<_>, Vec<_>) = (0..100).map(|_| pair::<usize>()).unzip();
        #[expect(clippy::disallowed_methods, reason = "the test joins it")]
        let teller = std::thread::Builder::new()
            .spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                let mut wakes = Wakes::default();
                for (n, ack) in acks.into_iter().enumerate() {
                    if n % 10 != 0 {
                        ack.tell(n, &mut wakes);
                    }
                }
                wakes.send();
            })
            .unwrap();
        let values = current_thread().block_on(async {
            let local = tokio::task::LocalSet::new();
            let tasks: Vec<_> = answers.into_iter().map(|a| local.spawn_local(a)).collect();
            local.await;
            let mut values = Vec::new();
            for task in tasks {
                values.push(task.await.unwrap());
            }
            values
        });
        teller.join().unwrap();
        for (n, value) in values.into_iter().enumerate() {
            assert_eq!(value, (n % 10 != 0).then_some(n));
        }
    }

    #[test]
    fn a_courier_whose_runtime_died_wakes_directly() {
        let (ack, answer) = pair::<u8>();
        let (ack2, answer2) = pair::<u8>();
        let mut both = Box::pin(async { (answer.await, answer2.await) });
        // Polled once on a runtime that ends, then awaited on another.
        let first = current_thread();
        first.block_on(async {
            std::future::poll_fn(|cx| {
                assert!(both.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        });
        drop(first);
        let mut wakes = Wakes::default();
        ack.tell(1, &mut wakes);
        ack2.tell(2, &mut wakes);
        wakes.send();
        assert_eq!(current_thread().block_on(both), (Some(1), Some(2)));
    }
}
