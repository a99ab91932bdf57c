//! The client's side of a relay: it drives the relay by asking for frames, and lets go of it without ending it.
//! In: a relay (one future that owns tab and upstream). Out: a response head and body; when the client goes first, the
//! relay is handed to the tasks and ends by itself. Never here: money, dialects, anything that bills from `Drop`.

use crate::tasks::Tasks;
use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// A relay: it sends into a `Slot` and ends when everything is sent and closed.
pub type Relay = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a relay sends.
enum Item {
    /// The head; the body follows in frames.
    Head(Response<()>),
    /// Head and body in one, the relay's last word.
    Whole(Response<Bytes>),
    /// A part of the body.
    Data(Bytes),
}

#[derive(Default)]
struct Shared {
    item: Mutex<Option<Item>>,
    gone: AtomicBool,
}

/// The client is gone: nobody reads what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// The relay's end: one item at a time, taken by the viewer before the relay runs on.
pub struct Slot(Arc<Shared>);

impl Slot {
    /// Sends the head. The body follows by `data`.
    ///
    /// # Errors
    /// `Gone` when the client is.
    pub async fn head(&self, head: Response<()>) -> Result<(), Gone> {
        self.put(Item::Head(head)).await
    }

    /// Sends a part of the body.
    ///
    /// # Errors
    /// `Gone` when the client is.
    pub async fn data(&self, bytes: Bytes) -> Result<(), Gone> {
        if bytes.is_empty() { Ok(()) } else { self.put(Item::Data(bytes)).await }
    }

    /// The last part of the body; the relay ends after it without waiting for it to be taken.
    pub fn last(&self, bytes: Bytes) {
        if !bytes.is_empty() {
            *self.0.item.lock() = Some(Item::Data(bytes));
        }
    }

    /// Head and body in one; the relay ends after it without waiting for it to be taken.
    pub fn whole(&self, response: Response<Bytes>) {
        *self.0.item.lock() = Some(Item::Whole(response));
    }

    /// Whether the client is gone.
    pub fn is_gone(&self) -> bool {
        self.0.gone.load(Ordering::Acquire)
    }

    /// Ends when the client is gone. Needs no waker: whoever takes over the relay polls it at once.
    pub async fn gone(&self) {
        poll_fn(|_| if self.is_gone() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    async fn put(&self, item: Item) -> Result<(), Gone> {
        let mut item = Some(item);
        // First poll: leave the item and let the viewer, who polls this future, take it. Its next poll means it was taken.
        poll_fn(|_| {
            if self.is_gone() {
                return Poll::Ready(Err(Gone));
            }
            match item.take() {
                Some(item) => {
                    *self.0.item.lock() = Some(item);
                    Poll::Pending
                }
                None if self.0.item.lock().is_some() => Poll::Pending,
                None => Poll::Ready(Ok(())),
            }
        })
        .await
    }
}

/// The client's end: head first, then the body.
pub struct Viewer {
    relay: Option<Relay>,
    shared: Arc<Shared>,
    tasks: Tasks,
}

impl Viewer {
    /// Starts nothing yet: the relay runs when the viewer is polled.
    pub fn new(tasks: Tasks, relay: impl FnOnce(Slot) -> Relay) -> Self {
        let shared = Arc::new(Shared::default());
        Self { relay: Some(relay(Slot(shared.clone()))), shared, tasks }
    }

    /// Runs the relay up to its head and becomes the response; `None` when the relay broke before it.
    pub async fn respond(mut self) -> Option<Response<axum::body::Body>> {
        match poll_fn(|cx| self.poll_item(cx)).await {
            Some(Item::Whole(response)) => Some(response.map(axum::body::Body::from)),
            Some(Item::Head(head)) => Some(head.map(|()| axum::body::Body::new(self))),
            Some(Item::Data(_)) | None => None,
        }
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        if let Some(relay) = self.relay.as_mut() {
            // A relay that panics is over: what it owned is dropped here, and its hold is found and given back.
            let polled = catch_unwind(AssertUnwindSafe(|| relay.as_mut().poll(cx)));
            if !matches!(polled, Ok(Poll::Pending)) {
                self.relay = None;
            }
        }
        match self.shared.item.lock().take() {
            Some(item) => Poll::Ready(Some(item)),
            None if self.relay.is_none() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Body for Viewer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.poll_item(cx).map(|item| match item {
            Some(Item::Data(bytes)) => Some(Ok(Frame::data(bytes))),
            // The head was taken by `respond`; a second one ends the body.
            Some(Item::Head(_) | Item::Whole(_)) | None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.relay.is_none() && self.shared.item.lock().is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl Drop for Viewer {
    /// The client went first: the relay, which owns tab and upstream, is finished by the tasks.
    fn drop(&mut self) {
        if let Some(relay) = self.relay.take() {
            self.shared.gone.store(true, Ordering::Release);
            self.tasks.finish(relay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    fn parts(tasks: &Tasks, ended: &Arc<AtomicBool>) -> Viewer {
        let ended = ended.clone();
        Viewer::new(tasks.clone(), move |slot| {
            Box::pin(async move {
                let _ = slot.head(Response::new(())).await;
                let _ = slot.data(Bytes::from_static(b"a")).await;
                if slot.data(Bytes::from_static(b"b")).await == Err(Gone) {
                    slot.gone().await;
                    ended.store(true, Ordering::Release);
                    return;
                }
                slot.last(Bytes::from_static(b"c"));
            })
        })
    }

    #[tokio::test]
    async fn a_viewer_reads_everything_in_order() {
        let (tasks, ended) = (Tasks::default(), Arc::new(AtomicBool::new(false)));
        let response = parts(&tasks, &ended).respond().await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "abc");
        assert!(!ended.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn a_relay_that_panics_is_over() {
        let relay = |_: Slot| -> Relay { Box::pin(async { panic!("a defect") }) };
        assert!(Viewer::new(Tasks::default(), relay).respond().await.is_none());
    }

    #[tokio::test]
    async fn a_relay_ends_by_itself_when_the_viewer_goes() {
        let (tasks, ended) = (Tasks::default(), Arc::new(AtomicBool::new(false)));
        let mut body = parts(&tasks, &ended).respond().await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
        drop(body);
        tasks.close_and_wait(std::time::Duration::from_secs(1)).await;
        assert!(ended.load(Ordering::Acquire));
    }
}
