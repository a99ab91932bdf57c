//! `config check|print|example`. In: the layers. Out: what they say. Never here: changing them.

use crate::cli::args::{ConfigArgs, ConfigVerb};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::serving::{load, mistakes_of};
use crate::config;
use serde_json::{Value, json};

/// Runs a verb.
pub fn run(verb: &ConfigVerb, args: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    match verb {
        ConfigVerb::Check => check(args, output),
        ConfigVerb::Example => {
            output.line(config::example().trim_end());
            Ok(())
        }
        ConfigVerb::Print => {
            let rows = config::print(&load(args)?.1);
            if output.is_json() {
                let object: serde_json::Map<String, Value> = rows
                    .into_iter()
                    .map(|(key, value, from)| (key, json!({ "value": value, "origin": from })))
                    .collect();
                output.value(&Value::Object(object));
            } else {
                let rows: Vec<Vec<String>> = rows.into_iter().map(|(k, v, o)| vec![k, v, o]).collect();
                output.table(&["setting", "value", "origin"], &rows);
            }
            Ok(())
        }
    }
}

fn check(args: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    match mistakes_of(args, Vec::new()) {
        Ok(_) => {
            output.show(&json!({ "valid": true }), "the configuration is valid");
            Ok(())
        }
        Err(mistakes) => {
            let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            if output.is_json() {
                output.value(&json!({ "valid": false, "mistakes": told }));
            }
            Err(Trouble::Usage(format!("the configuration is not valid:\n  {}", told.join("\n  "))))
        }
    }
}
