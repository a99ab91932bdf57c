//! One connection that asks again and again. In: a target. Out: whether an answer was good.
//! Never here: time.

use memchr::memmem;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is asked, as bytes ready to be written.
pub struct Target {
    address: String,
    request: Vec<u8>,
}

impl Target {
    pub fn new(address: &str, path: &str, key: &str, body: &[u8]) -> Self {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend(body);
        Self { address: address.to_owned(), request }
    }
}

/// A connection, made when it is needed.
pub struct Client {
    target: Arc<Target>,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Client {
    pub fn new(target: Arc<Target>) -> Self {
        Self { target, stream: None, buffer: Vec::new() }
    }

    /// Asks once; false when the answer is not a whole 200.
    pub async fn ask(&mut self) -> bool {
        match self.exchange().await {
            Ok(good) => good,
            Err(_) => {
                self.stream = None;
                false
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a load generator connects to what is measured")]
    async fn exchange(&mut self) -> io::Result<bool> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.target.address).await?;
                stream.set_nodelay(true)?;
                self.stream.insert(stream)
            }
        };
        stream.write_all(&self.target.request).await?;
        self.buffer.clear();
        loop {
            if let Some(good) = whole(&self.buffer) {
                return Ok(good);
            }
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Whether the answer is complete, and then whether it is a 200.
fn whole(buffer: &[u8]) -> Option<bool> {
    let head = memmem::find(buffer, b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let complete = match text.split("content-length:").nth(1) {
        Some(rest) => {
            let length: usize = rest.split("\r\n").next()?.trim().parse().ok()?;
            buffer.len() >= head + length
        }
        None => buffer.ends_with(b"0\r\n\r\n"),
    };
    complete.then(|| text.starts_with("http/1.1 200"))
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn the_end_of_an_answer_is_seen() {
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), Some(true));
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"), None);
        assert_eq!(whole(b"HTTP/1.1 402 X\r\ncontent-length: 0\r\n\r\n"), Some(false));
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"), None);
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), Some(true));
    }
}
