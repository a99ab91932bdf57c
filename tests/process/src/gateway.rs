//! A gateway as a process of its own. In: a data folder, settings. Out: a running process to be called, asked to end or
//! killed, and everything that it wrote. Never here: what is asked of it.

use crate::{Operator, Outcome, at, binary, now, wait_until};
use serde_json::Value;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The master key that gateways of one database share.
pub const MASTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// A start takes no longer, even on a busy machine.
const START_TIME_MAX: Duration = Duration::from_secs(60);

/// What a gateway is started with. Nothing of this process's environment reaches it.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its data folder.
    pub data: PathBuf,
    env: Vec<(String, String)>,
}

impl Setup {
    /// A gateway on SQLite with JSON log lines.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let setup = Self { data: data.into(), env: Vec::new() };
        setup.with("TOLLGATE_LOG__FORMAT", "json").with("TOLLGATE_SERVER__LISTEN", "127.0.0.1:0")
    }

    /// The same with another setting, by the name of its environment variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(n, _)| n != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self) -> Outcome<Command> {
        let mut command = Command::new(binary()?);
        command.env_clear().envs(self.env.iter().map(|(n, v)| (n, v)));
        command.arg("--data").arg(&self.data).stdin(Stdio::null()).stdout(Stdio::null());
        Ok(command)
    }

    /// A gateway that is expected not to start: its exit code and what it said.
    ///
    /// # Errors
    /// When it runs, or cannot be run at all.
    pub fn refused(&self) -> Outcome<(i32, String)> {
        let mut command = self.command()?;
        let mut child = command.arg("serve").stderr(Stdio::piped()).spawn().map_err(at("tollgate serve"))?;
        let ended = wait_until("tollgate serve ends", START_TIME_MAX, || child.try_wait().map_err(at("wait")));
        // It has ended, or it must.
        let _killed = child.kill();
        let told = child.wait_with_output().map_err(at("tollgate serve"))?;
        let code = ended?.code().ok_or("tollgate serve ended by a signal")?;
        Ok((code, String::from_utf8_lossy(&told.stderr).into_owned()))
    }

    /// `tollgate audit --json` on the stopped store: its exit code and its report.
    ///
    /// # Errors
    /// When it gives no report.
    pub fn audit_offline(&self) -> Outcome<(i32, Value)> {
        let mut command = self.command()?;
        command.args(["audit", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let told = command.output().map_err(at("tollgate audit"))?;
        let report = serde_json::from_slice(&told.stdout);
        let report = report.map_err(|_| format!("tollgate audit: {}", String::from_utf8_lossy(&told.stderr)))?;
        Ok((told.status.code().unwrap_or(-1), report))
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// How long it took.
    pub took: Duration,
}

/// A running gateway; it is killed when this is dropped.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    log: PathBuf,
    data: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Gateway {
    /// Starts it and waits until it says that it is ready.
    ///
    /// # Errors
    /// When it does not come up, with what it said.
    pub fn start(setup: &Setup) -> Outcome<Self> {
        std::fs::create_dir_all(&setup.data).map_err(at("the data folder"))?;
        let log = fresh_log(&setup.data);
        let stderr = File::create(&log).map_err(at("the log"))?;
        let mut command = setup.command()?;
        let child = command.arg("serve").stderr(stderr).spawn().map_err(at("tollgate serve"))?;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut gateway = Self { child, log, data: setup.data.clone(), address: nowhere };
        gateway.address = wait_until("tollgate serve is ready", START_TIME_MAX, || {
            let log = gateway.log();
            match gateway.child.try_wait().map_err(at("wait"))? {
                Some(status) => Err(format!("tollgate serve ended with {status}: {log}")),
                None => Ok(ready_at(&log)),
            }
        })?;
        Ok(gateway)
    }

    /// Everything it has written to stderr so far.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
    }

    /// The operator's way in, with the token that the first start wrote into the data folder.
    ///
    /// # Errors
    /// When there is no token.
    pub fn operator(&self) -> Outcome<Operator> {
        let token = std::fs::read_to_string(self.data.join("operator.token")).map_err(at("operator.token"))?;
        Ok(Operator::new(self.address, token.trim()))
    }

    /// kill -9.
    ///
    /// # Errors
    /// When it was dead already, which no test wants.
    pub fn kill(&mut self) -> Outcome<()> {
        if let Some(status) = self.child.try_wait().map_err(at("wait"))? {
            return Err(format!("the gateway ended by itself with {status}: {}", self.log()));
        }
        self.child.kill().map_err(at("kill"))?;
        self.child.wait().map_err(at("wait"))?;
        Ok(())
    }

    /// Asks it to end, as a service manager does.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn terminate(&self) -> Outcome<()> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().map_err(at("kill -TERM"))?;
        if sent.success() { Ok(()) } else { Err("kill -TERM failed".to_owned()) }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it still runs after `patience`.
    pub fn ended(&mut self, patience: Duration) -> Outcome<Ended> {
        let start = now();
        let status = wait_until("the gateway ends", patience, || self.child.try_wait().map_err(at("wait")))?;
        Ok(Ended { code: status.code(), took: start.elapsed() })
    }

    /// That it has not panicked so far.
    ///
    /// # Errors
    /// What it said when it did.
    pub fn calm(&self) -> Outcome<()> {
        let log = self.log();
        let panic = log.lines().find(|line| line.contains("panicked at"));
        panic.map_or(Ok(()), |line| Err(format!("the gateway panicked: {line}")))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It has ended, or it ends now.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// A name that no earlier start used.
fn fresh_log(data: &Path) -> PathBuf {
    let mut n = 0_u32;
    loop {
        let path = data.join(format!("stderr-{n}.log"));
        if !path.exists() {
            return path;
        }
        n += 1;
    }
}

/// The address in the line that says that it is ready, in either format, once the line is whole.
fn ready_at(log: &str) -> Option<SocketAddr> {
    let line = log.split_inclusive('\n').find(|line| line.contains("server.ready") && line.ends_with('\n'))?;
    let from = line.find("127.0.0.1:")?;
    let rest = &line[from..];
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).unwrap_or(rest.len());
    rest[..end].parse().ok()
}
