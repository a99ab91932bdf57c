//! Runs other programs. In: a command. Out: whether it went well, and its lines when asked for.
//! Never here: what is run, and why.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The place for what the commands make; never inside the sources.
pub(crate) fn scratch(name: &str) -> PathBuf {
    root().join("target").join(name)
}

/// A command of cargo, the same one that runs this.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = program(env!("CARGO"), args);
    command.env_remove("CARGO_TARGET_DIR");
    command
}

/// A command that runs in the root.
pub(crate) fn program(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(args).current_dir(root());
    command
}

/// Runs to the end; the output goes to the terminal.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool, String> {
    let status = command.status().map_err(|why| format!("{}: {why}", name_of(command)))?;
    Ok(status.success())
}

/// Runs to the end without a word; `None` when it failed or is not there.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

/// Runs to the end; both outputs go to the terminal, and every line is looked at.
pub(crate) fn watched(command: &mut Command, mut look: impl FnMut(&str)) -> Result<bool, String> {
    let name = name_of(command);
    let (reader, writer) = std::io::pipe().map_err(|why| why.to_string())?;
    let second = writer.try_clone().map_err(|why| why.to_string())?;
    let child = command.stdout(writer).stderr(second).stdin(Stdio::null()).spawn();
    let mut child = child.map_err(|why| format!("{name}: {why}"))?;
    // The command keeps its ends of the pipe open until they are given to something else.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.map_err(|why| why.to_string())?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        look(&line);
    }
    let status = child.wait().map_err(|why| why.to_string())?;
    Ok(status.success())
}

/// Whether a program answers to `args`.
pub(crate) fn answers(name: &str, args: &[&str]) -> bool {
    output(&mut program(name, args)).is_some()
}

/// Whether this runs as root.
pub(crate) fn is_root() -> bool {
    output(&mut program("id", &["-u"])).is_some_and(|id| id.trim() == "0")
}

fn name_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
