//! Runs the official SDKs against the simulator and the gateway. In: which of the two. Out: counts.
//! Never here: the scenarios (tests/e2e).

use crate::postgres::Postgres;
use crate::shell::{answers, cargo, program, root, scratch, succeeds, watched};
use crate::steps::Count;
use std::path::PathBuf;
use std::process::Command;

/// Builds what the scenarios and the process tests start.
pub(crate) fn build() -> Result<Count, String> {
    let sim = succeeds(&mut cargo(&["build", "--quiet", "--package", "sim", "--example", "sim"]))?;
    let tollgate = succeeds(&mut cargo(&["build", "--quiet", "--package", "tollgate"]))?;
    Ok(Count { passed: u64::from(sim) + u64::from(tollgate), failed: u64::from(!sim) + u64::from(!tollgate) })
}

/// The gateway that `build` made.
pub(crate) fn binary() -> PathBuf {
    scratch("debug/tollgate")
}

/// Runs all scenarios against the gateway with its rows in PostgreSQL.
pub(crate) fn on_postgres() -> Result<Count, String> {
    let postgres = Postgres::start()?;
    for preset in ["000", "001", "002", "003", "004"] {
        postgres.create(&format!("seed_{preset}"))?;
    }
    run("gateway", &["--database-url", &postgres.url])
}

/// Runs every sample of the public pages against the gateway.
pub(crate) fn samples() -> Result<Count, String> {
    let (python, modules) = (python()?, modules()?);
    let frameworks = environment("docs")?;
    let mut command = program(&python.to_string_lossy(), &["tests/docs/run.py", "--node-modules"]);
    counted(command.arg(modules).arg("--binary").arg(binary()).arg("--frameworks").arg(frameworks))
}

/// Runs coding clients through the gateway, in a box without a network.
pub(crate) fn agents() -> Result<Count, String> {
    counted(program("python3", &["tests/clients/run.py", "--binary"]).arg(binary()))
}

/// Runs something in Python that counts by itself; a failure that counts nothing is one.
fn counted(command: &mut Command) -> Result<Count, String> {
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
    let mut count = Count::default();
    let good = watched(command, |line| count.add_line(line))?;
    if !good && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

/// Runs all scenarios against `sim` or `gateway`.
pub(crate) fn scenarios(target: &str) -> Result<Count, String> {
    run(target, &[])
}

fn run(target: &str, more: &[&str]) -> Result<Count, String> {
    let python = python()?;
    let modules = modules()?;
    let python = python.to_string_lossy().into_owned();
    let mut command = program(&python, &["tests/e2e/run.py", "--target", target]);
    counted(command.arg("--node-modules").arg(modules).args(more))
}

/// The virtual environment with the SDKs.
pub(crate) fn python() -> Result<PathBuf, String> {
    environment("e2e")
}

/// A virtual environment with what `tests/FOLDER` pins; made once, and again when the pins change.
fn environment(folder: &str) -> Result<PathBuf, String> {
    let pins = root().join("tests").join(folder).join("requirements.txt");
    let wanted = std::fs::read_to_string(&pins).map_err(|why| format!("{}: {why}", pins.display()))?;
    let place = scratch(folder).join("venv");
    let python = place.join("bin/python");
    let stamp = place.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let made = succeeds(program("python3", &["-m", "venv", "--clear"]).arg(&place))?;
    let name = python.to_string_lossy().into_owned();
    let mut install = program(&name, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install.arg("--requirement").arg(&pins);
    if !made || !succeeds(&mut install)? {
        return Err(format!("the Python packages of tests/{folder} could not be installed"));
    }
    std::fs::write(&stamp, wanted).map_err(|why| why.to_string())?;
    Ok(python)
}

/// The pinned Node packages, outside of the sources.
fn modules() -> Result<PathBuf, String> {
    let folder = scratch("e2e/node");
    std::fs::create_dir_all(&folder).map_err(|why| why.to_string())?;
    let mut fresh = folder.join("node_modules").exists();
    for file in ["package.json", "package-lock.json"] {
        let wanted = std::fs::read(root().join("tests/e2e").join(file)).map_err(|why| why.to_string())?;
        let target = folder.join(file);
        if std::fs::read(&target).is_ok_and(|have| have == wanted) {
            continue;
        }
        fresh = false;
        std::fs::write(&target, wanted).map_err(|why| why.to_string())?;
    }
    if fresh {
        return Ok(folder.join("node_modules"));
    }
    if !answers("npm", &["--version"]) {
        return Err("npm is not installed".to_owned());
    }
    let mut install = program("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    if !succeeds(install.current_dir(&folder))? {
        return Err("the Node packages of tests/e2e could not be installed".to_owned());
    }
    Ok(folder.join("node_modules"))
}
