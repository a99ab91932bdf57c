//! One connection: reads requests, writes answers. In: a socket. Out: bytes made before.
//! Never here: parsing more than the length of a body and a few marks in it.
//!
//! Marks in a body: `"stream":true` streams; `@d5000@` waits so many microseconds between two pieces; `@l20000@`
//! waits so many before the answer.

use crate::answers::{Answers, Said};
use memchr::memmem;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// Answers until the other side closes; an error is a connection less, and nobody's business.
pub async fn serve(mut stream: TcpStream, answers: Arc<Answers>) {
    let _closed = converse(&mut stream, &answers).await;
}

async fn converse(stream: &mut TcpStream, answers: &Answers) -> io::Result<()> {
    let mut buffer: Vec<u8> = Vec::with_capacity(128 * 1024);
    loop {
        let Some((head, length)) = fill(stream, &mut buffer).await? else {
            return Ok(());
        };
        let wish = Wish::read(&buffer[..head], &buffer[head..head + length]);
        buffer.drain(..head + length);
        let said = match wish.call {
            Call::Other => {
                stream.write_all(&answers.other).await?;
                continue;
            }
            Call::OpenAi => &answers.openai,
            Call::Anthropic => &answers.anthropic,
        };
        if let Some(wait) = wish.wait {
            sleep(wait).await;
        }
        answer(stream, said, &wish).await?;
    }
}

async fn answer(stream: &mut TcpStream, said: &Said, wish: &Wish) -> io::Result<()> {
    match (wish.stream, wish.pace) {
        (false, _) => stream.write_all(&said.whole).await,
        (true, None) => stream.write_all(&said.burst).await,
        (true, Some(pace)) => {
            stream.write_all(&said.head).await?;
            let last = said.frames.len() - 1;
            for (index, frame) in said.frames.iter().enumerate() {
                if index > 0 && index < last {
                    sleep(pace).await;
                }
                stream.write_all(frame).await?;
            }
            Ok(())
        }
    }
}

/// Reads until a whole request is there: the lengths of its head and its body.
async fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<(usize, usize)>> {
    loop {
        if let Some(end) = memmem::find(buffer, b"\r\n\r\n") {
            let head = end + 4;
            let length = body_length(&buffer[..head]);
            if buffer.len() >= head + length {
                return Ok(Some((head, length)));
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn body_length(head: &[u8]) -> usize {
    let name = b"content-length:";
    for line in head.split(|byte| *byte == b'\n') {
        if line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name) {
            return number(&line[name.len()..]);
        }
    }
    0
}

/// The first number in some bytes, zero when there is none.
fn number(bytes: &[u8]) -> usize {
    let digits = bytes.iter().skip_while(|b| **b == b' ').take_while(|b| b.is_ascii_digit());
    digits.fold(0, |sum: usize, digit| sum.saturating_mul(10).saturating_add(usize::from(digit - b'0')))
}

enum Call {
    OpenAi,
    Anthropic,
    Other,
}

struct Wish {
    call: Call,
    stream: bool,
    pace: Option<Duration>,
    wait: Option<Duration>,
}

impl Wish {
    fn read(head: &[u8], body: &[u8]) -> Self {
        let line = head.split(|byte| *byte == b'\r').next().unwrap_or(head);
        let call = if !line.starts_with(b"POST ") {
            Call::Other
        } else if memmem::find(line, b"/messages").is_some() {
            Call::Anthropic
        } else {
            Call::OpenAi
        };
        let stream =
            memmem::find(body, b"\"stream\":true").is_some() || memmem::find(body, b"\"stream\": true").is_some();
        let mark = |tag: &[u8]| {
            let micros = memmem::find(body, tag).map(|at| number(&body[at + tag.len()..]));
            micros.filter(|micros| *micros > 0).map(|micros| Duration::from_micros(micros as u64))
        };
        Self { call, stream, pace: mark(b"@d"), wait: mark(b"@l") }
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Wish, body_length};
    use std::time::Duration;

    #[test]
    fn requests_are_understood() {
        assert_eq!(body_length(b"POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n"), 12);
        assert_eq!(body_length(b"GET / HTTP/1.1\r\n\r\n"), 0);
        let wish = Wish::read(b"POST /v1/messages HTTP/1.1\r\n\r\n", br#"{"stream":true,"x":"@d5000@"}"#);
        assert!(matches!(wish.call, Call::Anthropic) && wish.stream);
        assert_eq!((wish.pace, wish.wait), (Some(Duration::from_millis(5)), None));
    }
}
