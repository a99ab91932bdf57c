//! The body of an answer, read in pieces as large as what has come in already, so that a burst of events costs one write
//! to the client; nothing waits for bytes that are not there. In: a connection or a stand-in. Out: bytes.
//! Never here: what they mean.

use crate::upstream::link::{Link, Origin};
use crate::upstream::pool::Pool;
use crate::upstream::wire::Framing;
use crate::upstream::{StandBody, UpstreamError};
use bytes::{Bytes, BytesMut};
use std::future::poll_fn;
use std::sync::Arc;

/// Where a body comes from.
pub enum Source {
    /// A connection.
    Link(Reading),
    /// A stand-in.
    Stand(StandBody),
}

/// The body of an answer. Dropped before its end, it closes its connection: the provider stops.
pub struct AnswerBody {
    source: Source,
}

impl AnswerBody {
    /// The body of an answer whose head was read.
    pub const fn new(source: Source) -> Self {
        Self { source }
    }

    /// The next piece; `None` at the end. Cancelling loses nothing.
    ///
    /// # Errors
    /// `Cut` when the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        match &mut self.source {
            Source::Link(reading) => reading.next().await,
            Source::Stand(body) => loop {
                match poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
                    None => return Ok(None),
                    Some(Err(broke)) => return Err(UpstreamError::Cut(broke.into())),
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            return Ok(Some(data));
                        }
                    }
                }
            },
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// `Cut`, or `TooLarge` above `bytes_max`.
    pub async fn whole(&mut self, bytes_max: usize) -> Result<Bytes, UpstreamError> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let mut all: Option<BytesMut> = None;
        while let Some(more) = self.next().await? {
            let all = all.get_or_insert_with(|| BytesMut::from(&first[..]));
            if all.len() + more.len() > bytes_max {
                return Err(UpstreamError::TooLarge);
            }
            all.extend_from_slice(&more);
        }
        if first.len() > bytes_max {
            return Err(UpstreamError::TooLarge);
        }
        Ok(all.map_or(first, BytesMut::freeze))
    }
}

/// A body on a connection.
pub struct Reading {
    link: Option<Link>,
    bytes: BytesMut,
    framing: Framing,
    home: Option<(Pool, Arc<Origin>)>,
}

impl Reading {
    /// `home` is where the connection goes after the body, where it can be used again.
    pub const fn new(link: Link, bytes: BytesMut, framing: Framing, home: Option<(Pool, Arc<Origin>)>) -> Self {
        Self { link: Some(link), bytes, framing, home }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        loop {
            let piece = self.framing.take(&mut self.bytes).map_err(|e| UpstreamError::Cut(e.into()))?;
            if self.framing.is_done() {
                self.give_back();
            }
            if piece.is_some() {
                return Ok(piece);
            }
            let Some(link) = self.link.as_mut() else { return Ok(None) };
            let read = link.read(&mut self.bytes).await.map_err(|e| UpstreamError::Cut(e.into()))?;
            if read == 0 {
                self.link = None;
                self.framing.ended().map_err(|e| UpstreamError::Cut(e.into()))?;
                return Ok(None);
            }
        }
    }

    /// The answer was read to its end: its connection waits for the next request, unless more bytes came than were announced.
    fn give_back(&mut self) {
        if let (Some(link), Some((pool, origin)), true) =
            (self.link.take(), self.home.take(), self.bytes.is_empty())
        {
            pool.give_back(origin, link);
        }
    }
}
