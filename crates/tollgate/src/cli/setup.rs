//! `setup`: sets a program of this machine up for a gateway, and undoes it, by the same rules as the script that the gateway gives out
//! (crates/pages/scripts/install.sh); for Claude Code each undoes what the other did. In: the key of `login`, a home folder. Out: changed
//! files, and what is needed to put them back. Never here: what stands in a file (claude, lines), a server's business.

mod claude;
mod json;
mod kept;
mod lines;

use crate::cli::args::{ConfigArgs, Connection, SetUp, Tool};
use crate::cli::client::{Client, base_url};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::whoami::own_key;
use crate::config::{Environment, ProcessEnvironment};
use kept::{Change, Edit, Kept};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use units::Secret;

/// What a gateway tells about itself, and the key.
struct Facts {
    /// Its variables, by name, with a place for the key.
    told: String,
    key: Secret<String>,
}

impl Facts {
    /// A variable of the gateway's.
    fn of(&self, name: &str) -> Option<&str> {
        let value = self.told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        // Where nothing is sold, the gateway has a place for a model and no model.
        Some(value).filter(|value| !value.is_empty() && !value.starts_with("YOUR_") && value.bytes().all(is_plain))
    }

    /// One that must be there.
    fn must(&self, name: &str) -> Result<&str, Trouble> {
        self.of(name)
            .ok_or_else(|| Trouble::Failed(format!("the gateway does not say what {name} is; nothing was changed")))
    }
}

/// Letters that mean nothing within quotes of a shell, of JSON or of TOML.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'~' | b'[' | b']' | b'@')
}

/// A file, and how it is changed.
struct Place {
    name: &'static str,
    path: PathBuf,
    edit: Box<dyn Edit>,
    /// Whether nobody else may read it.
    private: bool,
}

/// Sets up, or undoes it.
pub fn setup(how: &SetUp, connection: &Connection, config: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    if how.tool == Tool::Env {
        if how.uninstall {
            return Err(Trouble::Usage("`setup env` changes nothing, so there is nothing to undo".into()));
        }
        let Facts { told, key } = facts(connection, config)?;
        // What tells people to put their key in is not for a file that has it.
        let lines = told.lines().filter(|line| !(line.starts_with('#') && line.contains("YOUR_KEY")));
        let lines: Vec<String> = lines.map(|line| line.replace("YOUR_KEY", key.expose())).collect();
        let text = format!("# Your key is in here: keep this file out of version control.\n{}", lines.join("\n"));
        let variables: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('=')).collect();
        let told: serde_json::Map<String, Value> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        output.show(&Value::Object(told), text.trim_end());
        return Ok(());
    }
    let home = home()?;
    let kept = Kept::new(home.join(".config/tollgate").join(how.tool.folder()), &home);
    let mut changes = Vec::new();
    if how.uninstall {
        for place in places(how.tool, &home, None)? {
            changes.extend(kept.restore(&place)?);
        }
        kept.forget()?;
    } else {
        let facts = facts(connection, config)?;
        let places = places(how.tool, &home, Some(&facts))?;
        for place in &places {
            // What cannot be read is found out before anything is written.
            kept.try_out(place)?;
        }
        kept.begin()?;
        if let Some(text) = variables(how.tool, &facts)? {
            kept.keep_variables(&text)?;
        }
        for place in &places {
            changes.push(kept.apply(place)?);
        }
    }
    tell(output, how, &changes);
    Ok(())
}

fn tell(output: &Output, how: &SetUp, changes: &[Change]) {
    let files: Vec<Value> = changes
        .iter()
        .map(|change| json!({ "file": change.path.display().to_string(), "what": change.what }))
        .collect();
    let lines: Vec<String> =
        changes.iter().map(|change| format!("{}: {}", change.path.display(), change.what)).collect();
    let text = if lines.is_empty() { "there is nothing of it here".to_owned() } else { lines.join("\n") };
    output.show(&json!({ "tool": how.tool.folder(), "undone": how.uninstall, "files": files }), &text);
    if !how.uninstall {
        output.talk("open a new terminal, so that it reads the variables");
    }
}

fn home() -> Result<PathBuf, Trouble> {
    let home = ProcessEnvironment.get("HOME").or_else(|| ProcessEnvironment.get("USERPROFILE")).map(PathBuf::from);
    home.filter(|home| home.is_absolute() && home.is_dir())
        .ok_or_else(|| Trouble::Usage("HOME does not say where your files are".into()))
}

/// What the gateway says of itself, and a key that it takes.
fn facts(connection: &Connection, config: &ConfigArgs) -> Result<Facts, Trouble> {
    let server = base_url(connection, config)?;
    let kept = own_key(connection, config)?.ok_or_else(|| {
        Trouble::Usage(format!("there is no key for {server}: `tollgate login` gets one, or set TOLLGATE_API_KEY"))
    })?;
    if !kept.key.expose().bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return Err(Trouble::Usage("the key has letters that no key has".into()));
    }
    Client::with(kept.base_url.clone(), kept.key.clone()).get("/key")?;
    let told = Client::with(server, Secret::new(String::new())).get("/downloads/tollgate.env")?;
    let told = told.as_str().ok_or_else(|| Trouble::Failed("the server is no Tollgate of this kind".into()))?;
    Ok(Facts { told: told.to_owned(), key: kept.key })
}

/// The variables that shells are to have.
fn variables(tool: Tool, facts: &Facts) -> Result<Option<String>, Trouble> {
    let key = facts.key.expose();
    Ok(match tool {
        Tool::ClaudeCode => Some(claude::variables(facts)?),
        Tool::Codex => Some(format!("export TOLLGATE_API_KEY='{key}'\n")),
        Tool::Aider | Tool::Env => None,
    })
}

/// The files of a tool; what they are changed to is not asked when they are put back.
fn places(tool: Tool, home: &Path, facts: Option<&Facts>) -> Result<Vec<Place>, Trouble> {
    let mut all = Vec::new();
    let mut add = |name, path: &str, edit: Box<dyn Edit>, private| {
        all.push(Place { name, path: home.join(path), edit, private });
    };
    match tool {
        Tool::ClaudeCode => {
            let edit = facts.map(claude::Settings::of).transpose()?.unwrap_or_default();
            add("settings", ".claude/settings.json", Box::new(edit), true);
        }
        Tool::Codex => {
            let edit = facts.map(lines::codex).transpose()?.unwrap_or_else(lines::codex_marks);
            add("config", ".codex/config.toml", Box::new(edit), false);
        }
        Tool::Aider => {
            let edit = facts.map(lines::aider).transpose()?.unwrap_or_else(lines::aider_marks);
            add("config", ".aider.conf.yml", Box::new(edit), true);
        }
        Tool::Env => {}
    }
    if matches!(tool, Tool::ClaudeCode | Tool::Codex) {
        for (name, path) in [("bash", ".bashrc"), ("zsh", ".zshrc")] {
            // Where there was none, one is made for the shell that nearly everybody has; what is kept of it is undone.
            let state = home.join(".config/tollgate").join(tool.folder()).join(format!("{name}.after"));
            if name == "bash" || home.join(path).exists() || state.exists() {
                add(name, path, Box::new(lines::shell(tool.folder())), false);
            }
        }
    }
    Ok(all)
}
