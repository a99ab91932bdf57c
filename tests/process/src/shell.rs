//! The commands of the binary, as an operator types them. In: arguments, an environment of their own. Out: exit code,
//! stdout, stderr. Never here: `serve` (gateway), what a command must say.

use crate::{Gateway, Outcome, Setup, at, binary};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// An environment that commands are run in. Nothing of this process's own reaches them.
#[derive(Clone, Debug)]
pub struct Shell {
    env: Vec<(String, String)>,
    folder: PathBuf,
}

/// What a command said.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// Its stdout.
    pub out: String,
    /// Its stderr.
    pub err: String,
    /// The command itself.
    pub what: String,
}

impl Shell {
    /// In a folder, knowing nothing.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { env: Vec::new(), folder: folder.into() }
    }

    /// In a gateway's data folder, knowing its address and its first operator token.
    ///
    /// # Errors
    /// When there is no token.
    pub fn of(gateway: &Gateway, setup: &Setup) -> Outcome<Self> {
        let token = std::fs::read_to_string(setup.data.join("operator.token")).map_err(at("operator.token"))?;
        let shell = Self::new(&setup.data).with("TOLLGATE_URL", &format!("http://{}", gateway.address));
        Ok(shell.with("TOLLGATE_TOKEN", token.trim()))
    }

    /// The same with another variable.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut shell = self.without(name);
        shell.env.push((name.to_owned(), value.to_owned()));
        shell
    }

    /// The same without a variable.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let mut shell = self.clone();
        shell.env.retain(|(n, _)| n != name);
        shell
    }

    /// Where the commands run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file in that folder; its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(&self, name: &str, text: &str) -> Outcome<String> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(at(name))?;
        Ok(path.display().to_string())
    }

    /// Runs a command and expects an exit code.
    ///
    /// # Errors
    /// When it ends with another, with all that it said.
    pub fn ends(&self, code: i32, args: &[&str]) -> Outcome<Told> {
        let mut command = Command::new(binary()?);
        command.env_clear().envs(self.env.iter().map(|(n, v)| (n, v))).current_dir(&self.folder);
        let ran = command.args(args).stdin(Stdio::null()).output().map_err(at("tollgate"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let what = format!("tollgate {}", args.join(" "));
        let told =
            Told { code: ran.status.code().unwrap_or(-1), out: text(&ran.stdout), err: text(&ran.stderr), what };
        if told.code == code { Ok(told) } else { Err(format!("not exit code {code}: {told:?}")) }
    }

    /// Starts a command that goes on; `input` is its stdin.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn begin(&self, args: &[&str], input: &str) -> Outcome<Begun> {
        let mut command = Command::new(binary()?);
        command.env_clear().envs(self.env.iter().map(|(n, v)| (n, v))).current_dir(&self.folder);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(at("tollgate"))?;
        let stdin = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
        stdin.transpose().map_err(at("stdin"))?;
        let lines = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        Ok(Begun { child, lines })
    }

    /// Runs a command that must do what it is told.
    ///
    /// # Errors
    /// When it does not.
    pub fn run(&self, args: &[&str]) -> Outcome<Told> {
        self.ends(0, args)
    }

    /// Runs a command with `--json`; what it printed.
    ///
    /// # Errors
    /// When it fails or prints something else.
    pub fn json(&self, args: &[&str]) -> Outcome<Value> {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        self.run(&args)?.json()
    }
}

/// A command that goes on.
pub struct Begun {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Begun {
    /// The next line of its stdout.
    ///
    /// # Errors
    /// When there is none.
    pub fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        self.lines.read_line(&mut line).map_err(at("stdout"))?;
        if line.is_empty() { Err("its stdout has ended".into()) } else { Ok(line) }
    }

    /// Waits for its end: the exit code and its stderr.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn end(mut self) -> Outcome<(i32, String)> {
        let mut told = String::new();
        self.child.stderr.take().ok_or("no stderr")?.read_to_string(&mut told).map_err(at("stderr"))?;
        let status = self.child.wait().map_err(at("tollgate"))?;
        Ok((status.code().unwrap_or(-1), told))
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        // One that has ended is no more to be stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Told {
    /// The one JSON value on stdout.
    ///
    /// # Errors
    /// When there is none, something beside it, or an escape code.
    pub fn json(&self) -> Outcome<Value> {
        self.plain()?;
        serde_json::from_str(&self.out).map_err(|e| format!("no JSON ({e}): {self:?}"))
    }

    /// That no escape code was written anywhere.
    ///
    /// # Errors
    /// When one was.
    pub fn plain(&self) -> Outcome<()> {
        let escaped = self.out.contains('\u{1b}') || self.err.contains('\u{1b}');
        if escaped { Err(format!("an escape code: {self:?}")) } else { Ok(()) }
    }

    /// That all of these are in stdout.
    ///
    /// # Errors
    /// Which are not.
    pub fn says(&self, words: &[&str]) -> Outcome<()> {
        self.holds(&self.out, words)
    }

    /// That all of these are in stderr.
    ///
    /// # Errors
    /// Which are not.
    pub fn complains(&self, words: &[&str]) -> Outcome<()> {
        self.holds(&self.err, words)
    }

    fn holds(&self, text: &str, words: &[&str]) -> Outcome<()> {
        let missing: Vec<&&str> = words.iter().filter(|word| !text.contains(**word)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("nothing about {missing:?}: {self:?}")) }
    }
}
