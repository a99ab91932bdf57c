//! `apply FILE`: the catalogue in line with a file. In: a TOML file. Out: the diff, applied unless `--dry-run`.
//! `env:` and `file:` references are resolved here, on the operator's machine: the API takes literals only.
//! Never here: what is valid (the server says), a credential on a screen.

use crate::cli::client::Client;
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::config::{Environment, ProcessEnvironment};
use serde_json::{Value, json};
use server::CatalogueDoc;
use std::path::Path;

/// Applies a file.
pub fn apply(client: &Client, file: &Path, prune: bool, dry_run: bool, output: &Output) -> Result<(), Trouble> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|e| Trouble::Usage(format!("{shown} cannot be read: {e}")))?;
    let mut docs: CatalogueDoc =
        toml::from_str(&text).map_err(|e| Trouble::Usage(format!("{shown} is not a catalogue: {e}")))?;
    resolve(&mut docs, &ProcessEnvironment)?;
    let path = format!("/api/manage/catalogue?prune={prune}&dry_run={dry_run}");
    let applied = client.put(&path, &json!(docs))?;
    if output.is_json() {
        output.value(&applied);
        return Ok(());
    }
    let lines = applied["diff"].as_array().map_or(&[][..], Vec::as_slice);
    lines.iter().for_each(|line| show(line, output));
    let version = &applied["version"];
    output.talk(&match (lines.is_empty(), dry_run) {
        (true, _) => format!("nothing to change; the catalogue is at version {version}"),
        (false, true) => "nothing was changed (dry run)".into(),
        (false, false) => format!("applied; the catalogue is at version {version}"),
    });
    Ok(())
}

fn show(line: &Value, output: &Output) {
    let sign = match line["edit"].as_str() {
        Some("add") => '+',
        Some("remove") => '-',
        _ => '~',
    };
    output.line(&format!("{sign} {} {}", text(&line["what"]), text(&line["name"])));
    // What an entry is that comes or goes stands in the file, or did.
    let fields = line["fields"].as_array().filter(|_| sign == '~');
    for field in fields.into_iter().flatten() {
        let (before, after) = (side(field.get("before")), side(field.get("after")));
        // As many as before are others.
        let others = if before == after { " (changed)" } else { "" };
        output.line(&format!("    {}: {before} -> {after}{others}", text(&field["field"])));
    }
}

/// A value, how many credentials there are, or nothing.
fn side(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(many) => format!("{many} stored"),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// Replaces `env:NAME` and `file:PATH` by what they stand for; all that fail are told.
fn resolve(docs: &mut CatalogueDoc, env: &dyn Environment) -> Result<(), Trouble> {
    let mut failed = Vec::new();
    for (n, provider) in docs.provider.iter_mut().enumerate() {
        for (m, credential) in provider.credentials.iter_mut().flatten().enumerate() {
            match value_of(credential, env) {
                Ok(value) => *credential = value,
                Err(told) => failed.push(format!("provider[{n}].credentials[{m}]: {told}")),
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Trouble::Usage(failed.join("\n"))) }
}

fn value_of(text: &str, env: &dyn Environment) -> Result<String, String> {
    if let Some(name) = text.strip_prefix("env:") {
        let value = env.get(name).filter(|v| !v.is_empty());
        return value.ok_or_else(|| format!("the environment variable {name} is not set"));
    }
    if let Some(path) = text.strip_prefix("file:") {
        let read = std::fs::read_to_string(path).map_err(|e| format!("the file {path} cannot be read: {e}"))?;
        return Ok(read.trim().to_owned());
    }
    Ok(text.to_owned())
}
