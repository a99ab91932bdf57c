//! A Redis or Valkey that lives as long as the tests. In: nothing. Out: its address.
//! Never here: what is kept in it.

use crate::postgres::{free_port, stop};
use crate::shell::answers;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running server; it ends when this is dropped.
pub(crate) struct Redis {
    child: Child,
    /// `redis://...`
    pub(crate) url: String,
}

/// The server that is installed.
pub(crate) fn program_name() -> Option<&'static str> {
    let mut names = ["redis-server", "valkey-server"].into_iter();
    names.find(|name| answers(name, &["--version"]))
}

impl Redis {
    /// Starts one that writes nothing to disk.
    pub(crate) fn start() -> Result<Self, String> {
        let name = program_name().ok_or("redis-server is not installed")?;
        let port = free_port()?.to_string();
        let mut command = Command::new(name);
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.current_dir(std::env::temp_dir());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|why| format!("{name}: {why}"))?;
        let address = format!("127.0.0.1:{port}");
        let started = Self { child, url: format!("redis://{address}") };
        for _ in 0..100 {
            #[expect(clippy::disallowed_methods, reason = "waits for a server that was started here")]
            if TcpStream::connect(&address).is_ok() {
                return Ok(started);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("{name} did not start within 5 s"))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        stop(&mut self.child, "-TERM");
    }
}
