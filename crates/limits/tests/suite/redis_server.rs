//! Redis for tests: the one that the test command started, or one of the test's own that can be stopped, flushed and slowed.
//! Never here: a test.

use crate::world::wait_until;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The address of a Redis that is not disturbed: `TOLLGATE_TEST_REDIS`, else one of the test's own.
pub async fn shared() -> Option<(String, Option<Server>)> {
    #[expect(clippy::disallowed_methods, reason = "the test command names the server here")]
    let named = std::env::var("TOLLGATE_TEST_REDIS").ok().filter(|url| !url.is_empty());
    if let Some(url) = named {
        return Some((url, None));
    }
    let own = Server::start().await?;
    Some((own.url(), Some(own)))
}

/// A server of the test's own; it ends with it.
pub struct Server {
    child: Option<Child>,
    port: u16,
    /// The folder with its certificate, where it speaks TLS alone.
    sealed: Option<PathBuf>,
}

impl Server {
    /// Starts one on a free port; `None`, with a word, where none is installed.
    pub async fn start() -> Option<Self> {
        Self::start_as(None).await
    }

    /// The same with TLS alone.
    pub async fn start_sealed() -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("tollgate-redis-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut make = Command::new("openssl");
        make.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=x", "-addext"]);
        make.args(["subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]);
        make.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(folder.join("cert.pem"));
        if !make.stderr(Stdio::null()).status().is_ok_and(|made| made.success()) {
            eprintln!("skipped: openssl is not installed");
            return None;
        }
        Self::start_as(Some(folder)).await
    }

    async fn start_as(sealed: Option<PathBuf>) -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut server = Self { child: None, port, sealed };
        if !server.begin().await {
            eprintln!("skipped: neither redis-server nor valkey-server is installed");
            return None;
        }
        Some(server)
    }

    pub fn url(&self) -> String {
        let scheme = if self.sealed.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Its certificate.
    pub fn certificate(&self) -> Option<Vec<u8>> {
        Some(std::fs::read(self.sealed.as_ref()?.join("cert.pem")).unwrap())
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Starts it again, with an empty memory.
    pub async fn begin(&mut self) -> bool {
        for name in ["redis-server", "valkey-server"] {
            let mut command = Command::new(name);
            command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
            let port = self.port.to_string();
            match &self.sealed {
                None => command.args(["--port", &port]),
                Some(folder) => command
                    .args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"])
                    .arg("--tls-cert-file")
                    .arg(folder.join("cert.pem"))
                    .arg("--tls-key-file")
                    .arg(folder.join("key.pem")),
            };
            command.current_dir(std::env::temp_dir()).stdout(Stdio::null()).stderr(Stdio::null());
            if let Ok(child) = command.spawn() {
                self.child = Some(child);
                wait_until(async || self.say("PING").await).await;
                return true;
            }
        }
        false
    }

    /// Kills it: what it knew is gone.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Says a command without arguments; whether it was answered.
    pub async fn say(&self, command: &str) -> bool {
        let certificates = redis::TlsCertificates { client_tls: None, root_cert: self.certificate() };
        let client = redis::Client::build_with_tls(self.url(), certificates);
        let client = client.or_else(|_| redis::Client::open(self.url())).unwrap();
        let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return false };
        redis::cmd(command).query_async::<redis::Value>(&mut connection).await.is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        if let Some(folder) = &self.sealed {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// A way to a server on which every byte may be late.
pub struct SlowWay {
    pub url: String,
    late_ms: Arc<AtomicU64>,
}

impl SlowWay {
    #[expect(clippy::disallowed_methods, reason = "a proxy of the test's own, which ends with its runtime")]
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let late_ms = Arc::new(AtomicU64::new(0));
        let late = Arc::clone(&late_ms);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(server).await.unwrap();
                let (near_read, near_write) = near.into_split();
                let (far_read, far_write) = far.into_split();
                tokio::spawn(pass(near_read, far_write, Arc::clone(&late)));
                tokio::spawn(pass(far_read, near_write, Arc::clone(&late)));
            }
        });
        Self { url, late_ms }
    }

    pub fn is_late_by(&self, ms: u64) {
        self.late_ms.store(ms, Ordering::Relaxed);
    }
}

async fn pass(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, late_ms: Arc<AtomicU64>) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        tokio::time::sleep(Duration::from_millis(late_ms.load(Ordering::Relaxed))).await;
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
