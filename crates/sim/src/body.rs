//! A response body that keeps time. In: steps. Out: frames of bytes, waits, a cut, silence.
//! Never here: what the bytes mean.

use crate::journal::Watch;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

const ENDLESS_PIECE: [u8; 16 * 1024] = [b'x'; 16 * 1024];
/// The server looks at a body twice before it flushes.
const LOOKS_BEFORE_FLUSH: u8 = 2;

/// One thing a body does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Bytes(Bytes),
    Wait(Duration),
    /// Makes the server write out what it has.
    Flush,
    /// Breaks the connection.
    Cut,
    /// Says nothing more and keeps the connection.
    Stall,
    /// The same letter without end, or so many times 16 KiB.
    Endless(Option<u64>),
}

/// The steps of one answer, as a body.
pub(crate) struct Paced {
    steps: VecDeque<Step>,
    sleep: Option<Pin<Box<Sleep>>>,
    looks: u8,
    length: Option<u64>,
    watch: Option<Watch>,
}

impl Paced {
    pub(crate) fn new(steps: Vec<Step>, length: Option<u64>, watch: Option<Watch>) -> Self {
        Self { steps: steps.into(), sleep: None, looks: 0, length, watch }
    }

    /// A body that is there at once.
    pub(crate) fn whole(bytes: impl Into<Bytes>, watch: Option<Watch>) -> Self {
        let bytes = bytes.into();
        let length = Some(bytes.len() as u64);
        Self::new(vec![Step::Bytes(bytes)], length, watch)
    }

    fn end(&mut self, how: &'static str) {
        if let Some(watch) = self.watch.take() {
            watch.end(how);
        }
    }

    /// Does the timed part of a step; true when it is over.
    fn waited(&mut self, step: &Step, context: &mut Context<'_>) -> bool {
        match step {
            Step::Wait(time) => {
                let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(*time)));
                let over = sleep.as_mut().poll(context).is_ready();
                if over {
                    self.sleep = None;
                }
                over
            }
            Step::Flush => {
                self.looks += 1;
                let over = self.looks > LOOKS_BEFORE_FLUSH;
                if over {
                    self.looks = 0;
                } else {
                    context.waker().wake_by_ref();
                }
                over
            }
            _ => false,
        }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        loop {
            let Some(step) = this.steps.pop_front() else {
                this.end("complete");
                return Poll::Ready(None);
            };
            match step {
                Step::Bytes(bytes) => {
                    if this.steps.is_empty() {
                        this.end("complete");
                    }
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Step::Wait(_) | Step::Flush => {
                    if !this.waited(&step, context) {
                        this.steps.push_front(step);
                        return Poll::Pending;
                    }
                }
                Step::Cut => {
                    this.end("cut");
                    return Poll::Ready(Some(Err(io::Error::other("cut by directive"))));
                }
                Step::Stall => {
                    this.steps.push_front(Step::Stall);
                    return Poll::Pending;
                }
                Step::Endless(left) => {
                    let left = left.map(|left| left.saturating_sub(1));
                    if left != Some(0) {
                        this.steps.push_front(Step::Endless(left));
                    }
                    let piece = Bytes::from_static(&ENDLESS_PIECE);
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use super::{Paced, Step};
    use bytes::Bytes;
    use http_body_util::BodyExt;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn steps_happen_in_order_and_on_time() {
        let start = tokio::time::Instant::now();
        let steps = vec![
            Step::Bytes(Bytes::from_static(b"a")),
            Step::Wait(Duration::from_secs(5)),
            Step::Flush,
            Step::Bytes(Bytes::from_static(b"b")),
        ];
        let body = Paced::new(steps, None, None).collect().await.unwrap();
        assert_eq!(body.to_bytes(), "ab");
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }

    #[tokio::test]
    async fn a_cut_is_an_error_and_an_endless_line_can_end() {
        assert!(Paced::new(vec![Step::Cut], None, None).collect().await.is_err());
        let body = Paced::new(vec![Step::Endless(Some(3))], None, None).collect().await;
        assert_eq!(body.unwrap().to_bytes().len(), 3 * 16 * 1024);
    }
}
