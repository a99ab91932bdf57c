//! Builds the console with Node, or a plain page in its place where `TOLLGATE_WEB=skip` says so. In: web/ and the document of
//! the management API. Out: a folder in OUT_DIR. Never here: a download but by npm.
#![expect(clippy::disallowed_methods, reason = "a build script is told where things are by its environment")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The least Node that builds the console: `engines` of web/package.json says the same.
const NODE: (u32, u32) = (20, 19);
/// What the console is made of, below web/.
const SOURCES: [&str; 8] = [
    "src",
    "public",
    "build",
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
];
/// The page in its place.
const STAND_IN: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Tollgate</title></head>\
    <body><h1>Tollgate</h1><p>This binary was built without the console (TOLLGATE_WEB=skip). The API and the commands work.</p>\
    </body></html>\n";

fn main() {
    println!("cargo::rerun-if-env-changed=TOLLGATE_WEB");
    if let Err(why) = build() {
        // One message and no backtrace.
        println!("cargo::error={why}");
    }
}

fn build() -> Result<(), String> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?);
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|e| e.to_string())?).join("console");
    if env::var("TOLLGATE_WEB").is_ok_and(|word| word == "skip") {
        return stand_in(&out).map_err(|e| format!("{}: {e}", out.display()));
    }
    let web = here.join("../../web");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", web.join(source).display());
    }
    println!("cargo::rerun-if-changed={}", here.join("../../docs/openapi-manage.json").display());
    node()?;
    packages(&web)?;
    let out = out.display().to_string();
    npm(&web, &["run", "--silent", "build", "--", "--outDir", &out, "--emptyOutDir", "--logLevel", "warn"])
}

fn stand_in(out: &Path) -> std::io::Result<()> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    fs::create_dir_all(out)?;
    fs::write(out.join("index.html"), STAND_IN)?;
    fs::write(out.join("paths.json"), "[]\n")
}

/// That there is a Node that is new enough.
fn node() -> Result<(), String> {
    let (major, minor) = NODE;
    let ways = format!(
        "the console needs Node {major}.{minor} or newer with npm. Install it (https://nodejs.org), or set TOLLGATE_WEB=skip to \
         build Tollgate without its console"
    );
    let told = Command::new("node").arg("--version").output().map_err(|_| format!("Node is missing: {ways}."))?;
    let told = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    let mut numbers = told.trim_start_matches('v').split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let have = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if have < NODE {
        return Err(format!("Node {told} is too old: {ways}."));
    }
    if Command::new("npm").arg("--version").output().is_ok_and(|told| told.status.success()) {
        Ok(())
    } else {
        Err(format!("npm is missing: {ways}."))
    }
}

/// Installs the packages of the lock file, once for each lock file.
fn packages(web: &Path) -> Result<(), String> {
    let lock = web.join("package-lock.json");
    let wanted = fs::read(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
    let stamp = web.join("node_modules/.tollgate-lock");
    if fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    npm(web, &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])?;
    fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))
}

fn npm(web: &Path, args: &[&str]) -> Result<(), String> {
    let told = Command::new("npm").args(args).current_dir(web).output().map_err(|e| format!("npm: {e}"))?;
    if told.status.success() {
        return Ok(());
    }
    let words = [told.stdout, told.stderr].concat();
    let words = String::from_utf8_lossy(&words).trim().replace('\n', "\ncargo::error=");
    Err(format!("npm {} failed in web/:\ncargo::error={words}", args.join(" ")))
}
