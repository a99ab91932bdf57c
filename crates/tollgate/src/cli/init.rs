//! `init`: a configuration and a catalogue to start with. In: the name of a shipped catalogue, a folder. Out: two files and
//! what to type next; `--list` shows what there is. Never here: what is sold (catalog), writing over a file.

use crate::cli::args::Start;
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use catalog::{Choice, PRESETS, Preset, STARTERS, Starter};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The settings.
const SETTINGS: &str = "tollgate.toml";
/// What is sold.
const CATALOGUE: &str = "catalog.toml";

/// Writes both files, or shows what could be written.
pub fn init(start: &Start, output: &Output) -> Result<(), Trouble> {
    if start.list {
        list(output);
        return Ok(());
    }
    let starter = Starter::named(&start.preset).ok_or_else(|| unknown("preset", &start.preset, &starters()))?;
    let only: Vec<&str> = start.only.iter().map(String::as_str).collect();
    let more: Vec<&str> = start.provider.iter().map(String::as_str).collect();
    if let Some(name) = only.iter().chain(&more).find(|name| Preset::named(name).is_none()) {
        return Err(unknown("provider", name, &PRESETS.map(|preset| preset.name)));
    }
    let choice = Choice { only: &only, more: &more };
    let catalogue = starter.catalogue(&choice).ok_or_else(|| {
        Trouble::Usage(format!("{} serves no model of the preset \"{}\"", only.join(", "), starter.name))
    })?;
    let files = [(start.dir.join(SETTINGS), settings(starter)), (start.dir.join(CATALOGUE), catalogue)];
    write(&start.dir, &files)?;
    let written: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
    let mut variables: Vec<&str> = starter.providers(&choice).iter().filter_map(|preset| preset.variable).collect();
    variables.dedup();
    let next = next(&start.dir, &variables);
    let told = json!({ "preset": starter.name, "written": written, "variables": variables, "next": next });
    let text = format!(
        "wrote {}\n\nCheck the prices in {CATALOGUE}. Then, with the keys of your providers:\n\n  {}",
        written.join(" and "),
        next.join("\n  ")
    );
    output.show(&told, &text);
    Ok(())
}

fn starters() -> [&'static str; STARTERS.len()] {
    STARTERS.map(|starter| starter.name)
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Trouble {
    Trouble::Usage(format!("there is no {what} \"{name}\"; there are {}", known.join(", ")))
}

fn list(output: &Output) {
    if output.is_json() {
        let presets = STARTERS.map(|starter| json!({ "name": starter.name, "what": starter.told }));
        let providers = PRESETS.map(|preset| {
            json!({
                "name": preset.name, "kind": preset.kind, "base_url": preset.base_url, "variable": preset.variable,
                "what": preset.told,
            })
        });
        return output.value(&json!({ "presets": presets, "providers": providers }));
    }
    let row = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<_>>();
    output.table(&["preset", "what"], &STARTERS.map(|starter| row(&[starter.name, starter.told])));
    let told = |p: Preset| row(&[p.name, p.kind, p.base_url, p.variable.unwrap_or("-"), p.told]);
    output.table(&["provider", "kind", "base_url", "variable", "what"], &PRESETS.map(told));
}

/// A short file of the settings that most people look for first.
fn settings(starter: &Starter) -> String {
    format!(
        "# Settings of this gateway. `tollgate config example` shows all that there are, with their defaults.\n\
         # What is sold is no setting: {CATALOGUE}, brought into force by `tollgate apply`.\n\n\
         # The base paths and ways of the gateway that the catalogue's names are made after, in one word: docs/SURFACES.md.\n\
         # preset = \"{}\"\n\n\
         [server]\nlisten = \"127.0.0.1:8011\"\n\
         # Where clients reach it from outside, when TLS ends before it.\n# public_url = \"https://api.example.com\"\n\n\
         # The ledger and the master key: keep this folder, and a copy of it.\n[data]\ndir = \"tollgate-data\"\n",
        starter.surfaces,
    )
}

/// Both or none: a file that is there already is named, and nothing is written.
fn write(dir: &Path, files: &[(PathBuf, String)]) -> Result<(), Trouble> {
    let there: Vec<String> = files
        .iter()
        .filter(|(path, _)| path.symlink_metadata().is_ok())
        .map(|(path, _)| format!("{} is there already", path.display()))
        .collect();
    if !there.is_empty() {
        return Err(Trouble::Failed(format!("{}; nothing was written", there.join(", "))));
    }
    std::fs::create_dir_all(dir)
        .map_err(|e| Trouble::Failed(format!("the folder {} cannot be made: {e}", dir.display())))?;
    for (path, text) in files {
        // A file that came since it was looked for stays as it is, too.
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|e| Trouble::Failed(format!("{} cannot be written: {e}", path.display())))?;
    }
    Ok(())
}

/// What to type next, for a shell.
fn next(dir: &Path, variables: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    if dir != Path::new(".") {
        lines.push(format!("cd {}", quoted(&dir.display().to_string())));
    }
    lines.extend(variables.iter().map(|variable| format!("export {variable}=...")));
    let of = format!("--config {SETTINGS}");
    lines.extend([
        format!("tollgate serve {of} &"),
        format!("tollgate apply {CATALOGUE} {of}"),
        format!("tollgate workspace create \"Acme\" {of}"),
        format!("tollgate credit grant --workspace acme --amount 20.00 --reason \"first top-up\" {of}"),
        format!("tollgate key create --workspace acme --name production {of}"),
    ]);
    lines
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
