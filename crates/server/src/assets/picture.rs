//! A kept picture on its way to a client, a part at a time. In: its first part, and where the rest is. Out: a body that has
//! exactly the bytes that were announced, or breaks off. Never here: the whole picture.

use crate::assets::Kind;
use crate::assets::disk::Disk;
use crate::assets::folder::part;
use crate::limits::BUCKET_SILENCE_MAX;
use crate::upstream::AnswerBody;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::unfold;
use std::fs::File;
use std::io;

/// Where the rest of a picture is.
pub enum Rest {
    /// In a file, read by the threads of its folder.
    File {
        /// The threads.
        disk: Disk,
        /// The file, unless a thread has it.
        file: Option<File>,
    },
    /// On its way from the bucket.
    Bucket(AnswerBody),
}

/// A picture that was found.
pub struct Picture {
    /// Its kind.
    pub kind: Kind,
    /// Its length, in bytes.
    pub length: u64,
    first: Option<Bytes>,
    left: u64,
    rest: Rest,
}

impl Picture {
    /// A picture of which the first part was read.
    pub const fn new(kind: Kind, length: u64, first: Bytes, rest: Rest) -> Self {
        Self { kind, length, first: Some(first), left: length, rest }
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// When the picture is shorter or longer than announced, or cannot be read.
    pub async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let bytes = match self.first.take() {
            Some(first) => first,
            None if self.left == 0 => return Ok(None),
            None => self.read().await?,
        };
        // Nothing is short of what was announced, and more of it would be somebody else's answer to the client.
        let left = self.left.checked_sub(bytes.len() as u64).filter(|_| !bytes.is_empty());
        self.left = left.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some(bytes))
    }

    async fn read(&mut self) -> io::Result<Bytes> {
        match &mut self.rest {
            Rest::File { disk, file } => {
                let mut taken = file.take().ok_or(io::ErrorKind::UnexpectedEof)?;
                let left = self.left;
                let (read, taken) = disk.ask(move || Ok((part(&mut taken, left)?, taken))).await?;
                *file = Some(taken);
                Ok(read)
            }
            Rest::Bucket(body) => match tokio::time::timeout(BUCKET_SILENCE_MAX, body.next()).await {
                Ok(Ok(Some(bytes))) => Ok(bytes),
                Ok(Ok(None)) => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(Err(error)) => Err(io::Error::other(error)),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            },
        }
    }

    /// The picture as the body of an answer. It breaks off, and the connection with it, when the picture does.
    pub fn into_body(self) -> Body {
        Body::from_stream(unfold(Some(self), async |picture| {
            let mut picture = picture?;
            match picture.next().await {
                Ok(bytes) => bytes.map(|bytes| (Ok(bytes), Some(picture))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }
}
