//! A tiny HTTP/1.1 client over a plain socket, which shows what a polite one hides: frames as they come, and broken ends.
//! In: raw bytes of requests. Out: heads, frames, replies. Never here: retries, redirects, politeness.

use serde_json::Value;
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// The head of an answer.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The value of a header, an empty text when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// Its head.
    pub head: Head,
    /// Its body, chunks joined.
    pub body: Vec<u8>,
    /// Why the body did not reach its end, if it did not.
    pub cut: Option<String>,
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The id that the gateway gave the request.
    pub fn id(&self) -> &str {
        self.head.get("x-request-id")
    }

    /// Head and body in a line, for messages.
    pub fn shown(&self) -> String {
        let text: String = self.text().chars().take(600).collect();
        format!("{} {:?} cut={:?} {text}", self.head.status, self.head.headers, self.cut)
    }
}

/// How the body of an answer is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
    Done,
}

/// A connection and the answer that is under way on it.
#[derive(Debug)]
pub struct Conversation {
    stream: TcpStream,
    bytes: Vec<u8>,
    framing: Framing,
}

impl Conversation {
    /// Connects; a read or write that takes longer than `patience` fails.
    ///
    /// # Errors
    /// What the socket says.
    pub fn open(address: SocketAddr, patience: Duration) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self { stream, bytes: Vec::new(), framing: Framing::Done })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// What the socket says.
    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    /// What the socket says.
    pub fn end_of_request(&mut self) -> std::io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// The head of the next answer.
    ///
    /// # Errors
    /// `UnexpectedEof` when the connection ended, `InvalidData` when it is no head.
    pub fn head(&mut self) -> std::io::Result<Head> {
        let end = loop {
            if let Some(at) = find(&self.bytes, b"\r\n\r\n") {
                break at;
            }
            self.more()?;
        };
        let text = String::from_utf8_lossy(&self.bytes[..end]).into_owned();
        self.bytes.drain(..end + 4);
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.")).and_then(|l| l.get(2..5));
        let status = status.and_then(|code| code.parse().ok()).ok_or_else(|| invalid("no status line"))?;
        let pairs = lines.filter_map(|line| line.split_once(':'));
        let headers = pairs.map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned())).collect();
        let head = Head { status, headers };
        self.framing = match head.get("content-length").parse() {
            _ if head.get("transfer-encoding") == "chunked" => Framing::Chunked,
            Ok(length) => Framing::Length(length),
            Err(_) => Framing::UntilClose,
        };
        Ok(head)
    }

    /// The next frame of the body: a chunk as it was sent, or what there is of a body that is not chunked. `None` is
    /// the proper end of the body.
    ///
    /// # Errors
    /// `UnexpectedEof` when the connection ended inside the body.
    pub fn frame(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            match self.framing {
                Framing::Done | Framing::Length(0) => {
                    self.framing = Framing::Done;
                    return Ok(None);
                }
                Framing::Chunked => {
                    if let Some(frame) = self.chunk()? {
                        return Ok(Some(frame).filter(|f| !f.is_empty()));
                    }
                }
                Framing::Length(left) if !self.bytes.is_empty() => {
                    let here = left.min(self.bytes.len());
                    self.framing = Framing::Length(left - here);
                    return Ok(Some(self.bytes.drain(..here).collect()));
                }
                Framing::UntilClose if !self.bytes.is_empty() => {
                    return Ok(Some(std::mem::take(&mut self.bytes)));
                }
                Framing::Length(_) | Framing::UntilClose => {}
            }
            match self.more() {
                Err(error) if self.framing == Framing::UntilClose && error.kind() == ErrorKind::UnexpectedEof => {
                    self.framing = Framing::Done;
                }
                read => read?,
            }
        }
    }

    /// A whole chunk if there is one; the last one is empty.
    fn chunk(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let Some(line) = find(&self.bytes, b"\r\n") else { return Ok(None) };
        let text = String::from_utf8_lossy(&self.bytes[..line]).into_owned();
        let size = usize::from_str_radix(text.trim(), 16).map_err(|_| invalid("no chunk size"))?;
        let whole = line + 2 + size + 2;
        if self.bytes.len() < whole {
            return Ok(None);
        }
        let frame = self.bytes[line + 2..line + 2 + size].to_vec();
        self.bytes.drain(..whole);
        if size == 0 {
            self.framing = Framing::Done;
        }
        Ok(Some(frame))
    }

    /// The rest of an answer whose head was read.
    pub fn rest(&mut self, head: Head) -> Reply {
        let mut reply = Reply { head, ..Reply::default() };
        loop {
            match self.frame() {
                Ok(Some(frame)) => reply.body.extend(frame),
                Ok(None) => return reply,
                Err(error) => {
                    reply.cut = Some(error.to_string());
                    return reply;
                }
            }
        }
    }

    /// A whole answer.
    ///
    /// # Errors
    /// When there is no head.
    pub fn reply(&mut self) -> std::io::Result<Reply> {
        let head = self.head()?;
        Ok(self.rest(head))
    }

    fn more(&mut self) -> std::io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        let read = self.stream.read(&mut buffer)?;
        if read == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "the connection ended"));
        }
        self.bytes.extend_from_slice(&buffer[..read]);
        Ok(())
    }
}

/// Sends one request on a connection of its own and reads the answer, also one that comes before all is sent.
///
/// # Errors
/// When there is no connection or no head.
pub fn exchange(address: SocketAddr, request: &[u8], patience: Duration) -> std::io::Result<Reply> {
    let mut conversation = Conversation::open(address, patience)?;
    let sent = conversation.send(request);
    conversation.reply().map_err(|error| sent.err().unwrap_or(error))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}
