//! A Redis or Valkey of one's own, which can be taken away in the middle. In: nothing. Out: its address; it ends when this is dropped.
//! Never here: what is kept in it.

use crate::{Outcome, at, wait_until};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running server.
#[derive(Debug)]
pub struct RedisServer {
    child: Option<Child>,
    port: u16,
}

impl RedisServer {
    /// Starts one on a free port that writes nothing to disk; `None`, with a word, where none is installed.
    ///
    /// # Errors
    /// When one is installed and does not come up.
    pub fn start() -> Outcome<Option<Self>> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(at("a port"))?;
        let port = free.local_addr().map_err(at("a port"))?.port();
        drop(free);
        for name in ["redis-server", "valkey-server"] {
            let mut command = Command::new(name);
            command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
            command.current_dir(std::env::temp_dir()).stdout(Stdio::null()).stderr(Stdio::null());
            let Ok(child) = command.spawn() else { continue };
            let server = Self { child: Some(child), port };
            wait_until("redis answers", Duration::from_secs(10), || Ok(answers(port).then_some(())))?;
            return Ok(Some(server));
        }
        let _told = writeln!(std::io::stderr(), "NOT RUN: neither redis-server nor valkey-server is installed");
        Ok(None)
    }

    /// Its address as the setting takes it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it: what it knew is gone.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It is gone either way.
            let _killed = child.kill();
            let _waited = child.wait();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "waits for a server that was started here")]
fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
