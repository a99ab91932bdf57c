//! Writing for people and scripts. In: values. Out: a table on a terminal, tabs in a pipe, JSON when asked.
//! Colours come from clap only, which honours NO_COLOR. Never here: where values come from.

use crate::cli::exit::Trouble;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};

/// Where a command writes.
pub struct Output {
    json: bool,
}

impl Output {
    /// For people, or for scripts.
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether JSON was asked for.
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// The server's own JSON.
    pub fn value(&self, value: &Value) {
        self.line(&value.to_string());
    }

    /// A line of data.
    pub fn line(&self, text: &str) {
        // A reader that closed its end (`| head`) is no reason to complain.
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    /// A line of talk.
    pub fn talk(&self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// JSON when asked for, else a line.
    pub fn show(&self, value: &Value, text: &str) {
        if self.json { self.value(value) } else { self.line(text) }
    }

    /// JSON as a line when asked for, else talk: of something that goes on.
    pub fn now(&self, value: &Value, text: &str) {
        if self.json { self.value(value) } else { self.talk(text) }
    }

    /// JSON when asked for, else a table of some fields of each object of `data`.
    pub fn list(&self, value: &Value, columns: &[&str]) {
        if self.json {
            return self.value(value);
        }
        let empty = Vec::new();
        let rows = value["data"].as_array().unwrap_or(&empty);
        let cells: Vec<Vec<String>> =
            rows.iter().map(|row| columns.iter().map(|c| cell(&row[*c])).collect()).collect();
        self.table(columns, &cells);
    }

    /// Aligned columns on a terminal, tabs elsewhere.
    pub fn table(&self, columns: &[&str], rows: &[Vec<String>]) {
        if !std::io::stdout().is_terminal() {
            return rows.iter().for_each(|row| self.line(&row.join("\t")));
        }
        let widths: Vec<usize> = columns
            .iter()
            .enumerate()
            .map(|(n, c)| rows.iter().map(|r| r[n].chars().count()).max().unwrap_or(0).max(c.len()))
            .collect();
        let write = |cells: Vec<&str>| {
            let padded: Vec<String> = cells.iter().zip(&widths).map(|(c, w)| format!("{c:w$}")).collect();
            self.line(padded.join("  ").trim_end());
        };
        write(columns.to_vec());
        rows.iter().for_each(|row| write(row.iter().map(String::as_str).collect()));
    }

    /// What went wrong.
    pub fn trouble(&self, trouble: &Trouble) {
        let text = match trouble {
            Trouble::Refused { body, .. } if self.json => body.to_string(),
            _ if self.json => json!({ "error": trouble.to_string() }).to_string(),
            _ => format!("error: {trouble}"),
        };
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        // Control characters would let a hostile name draw on the terminal.
        Value::String(text) => text.chars().map(|c| if c.is_control() { '?' } else { c }).collect(),
        other => other.to_string(),
    }
}
