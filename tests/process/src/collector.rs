//! A collector of traces: takes whatever is posted to it and remembers it. In: a port of its own. Out: the bodies, the heads.
//! Never here: what a trace must say.

use crate::{Outcome, at};
use parking_lot::Mutex;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// A request as it came: its head, its body.
pub type Taken = (String, String);

/// A server that says 200 to everything, on a thread of its own until the process ends.
pub struct Collector {
    /// Where it listens.
    pub address: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Collector {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no port or no thread.
    #[expect(clippy::disallowed_methods, reason = "a server of a test, which ends with the process")]
    pub fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(at("a collector"))?;
        let address = listener.local_addr().map_err(at("a collector"))?;
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        let listen = move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // A connection that breaks is the other side's affair.
                let _ = std::thread::Builder::new().spawn(move || serve(stream, &kept));
            }
        };
        std::thread::Builder::new().spawn(listen).map_err(at("a collector"))?;
        Ok(Self { address, taken })
    }

    /// What came so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().clone()
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Vec<Taken>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut bytes = Vec::new();
    let mut some = [0; 65_536];
    loop {
        let read = stream.read(&mut some)?;
        if read == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&some[..read]);
        while let Some((taken, rest)) = whole(&bytes) {
            bytes = rest;
            kept.lock().push(taken);
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")?;
        }
    }
}

/// The first whole request of some bytes, and what is left.
fn whole(bytes: &[u8]) -> Option<(Taken, Vec<u8>)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(bytes.get(..end)?).to_ascii_lowercase();
    let told = head.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    let until = end + told.trim().parse::<usize>().ok()?;
    let body = String::from_utf8_lossy(bytes.get(end..until)?).into_owned();
    Some(((head, body), bytes.get(until..)?.to_vec()))
}
