//! An S3-compatible store that lives as long as the tests and checks signatures (tests/s3/store.py). In: nothing. Out: its
//! address. Never here: what is kept in it.

use crate::postgres::{free_port, stop};
use crate::sdk::python;
use crate::shell::root;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running store; it ends when this is dropped.
pub(crate) struct S3 {
    child: Child,
    /// `http://ID:SECRET@HOST:PORT/BUCKET`
    pub(crate) url: String,
}

impl S3 {
    /// Starts one that keeps everything in memory.
    pub(crate) fn start() -> Result<Self, String> {
        let port = free_port()?.to_string();
        let mut command = Command::new(python()?);
        command.arg(root().join("tests/s3/store.py")).args([&port, "tester", "secret-of-tests", "pictures"]);
        command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(std::env::temp_dir());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|why| format!("tests/s3/store.py: {why}"))?;
        let address = format!("127.0.0.1:{port}");
        let started = Self { child, url: format!("http://tester:secret-of-tests@{address}/pictures") };
        for _ in 0..600 {
            #[expect(clippy::disallowed_methods, reason = "waits for a server that was started here")]
            if TcpStream::connect(&address).is_ok() {
                return Ok(started);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("tests/s3/store.py did not start within 30 s".to_owned())
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        stop(&mut self.child, "-TERM");
    }
}
