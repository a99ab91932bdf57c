//! Embeddings: what is embedded, and how the vectors are told. In: the body. Out: an `Ask`, JSON.
//! Never here: how a vector is made.

use super::read::{at_least, given, invalid_value, known, missing, model, object};
use super::tokens::{Prompt, prompts};
use super::whole::served_model;
use crate::ask::{Answer, Ask, Finish, Input};
use crate::config::SimConfig;
use crate::count::Meter;
use crate::directive::Directives;
use crate::refused::Refused;
use crate::wire::Wire;
use crate::{usage, vector};
use serde_json::{Value, json};

const KNOWN: [&str; 5] = ["input", "model", "encoding_format", "dimensions", "user"];
const DIMENSIONS: u64 = 1536;
const INPUTS_MAX: usize = 2048;

/// What is embedded.
pub(crate) struct Vectors {
    inputs: Vec<Prompt>,
    dimensions: usize,
    packed: bool,
}

/// Reads a request.
pub(super) fn read(body: &[u8], config: &SimConfig) -> Result<(Ask, Wire), Refused> {
    let fields = object(body)?;
    let model = model(&fields, config)?;
    known(&fields, &KNOWN, "")?;
    let value = fields.get("input").ok_or_else(|| missing("input"))?;
    let inputs = prompts("input", value)?;
    if inputs.is_empty() || inputs.len() > INPUTS_MAX || inputs.iter().any(Prompt::is_empty) {
        return Err(invalid_value("input", "Invalid 'input': input cannot be an empty string or an empty array."));
    }
    let dimensions = at_least(&fields, "dimensions", 1)?.unwrap_or(DIMENSIONS);
    if dimensions > 3072 {
        let message = format!("Invalid value for 'dimensions' = {dimensions}. Must be less than or equal to 3072.");
        return Err(invalid_value("dimensions", message));
    }
    let packed = match given(&fields, "encoding_format").map(Value::as_str) {
        None | Some(Some("float")) => false,
        Some(Some("base64")) => true,
        Some(_) => {
            let message = "Invalid value for 'encoding_format'. Supported values are: 'float' and 'base64'.";
            return Err(invalid_value("encoding_format", message));
        }
    };
    let mut meter = Meter::default();
    inputs.iter().for_each(|input| input.count(&mut meter));
    let said: Vec<String> = inputs.iter().map(Prompt::words).collect();
    let directives = Directives::parse(&said.join("\n")).map_err(Refused::bad)?;
    let input = Input::cached(meter.tokens(), &directives);
    let ask = Ask { model: model.to_owned(), directives, input, count: 1, ..Ask::default() };
    let dimensions = usize::try_from(dimensions).unwrap_or(1);
    Ok((ask, Wire::Vectors(Vectors { inputs, dimensions, packed })))
}

/// The vectors, with what they cost.
pub(crate) fn whole(ask: &Ask, vectors: &Vectors) -> Value {
    let show = |(index, input): (usize, &Prompt)| {
        let vector = vector::embedding(&input.words(), vectors.dimensions);
        let told = if vectors.packed { json!(vector::packed(&vector)) } else { vector::numbers(&vector) };
        json!({"object": "embedding", "index": index, "embedding": told})
    };
    let data: Vec<Value> = vectors.inputs.iter().enumerate().map(show).collect();
    let mut out = json!({"object": "list", "data": data, "model": served_model(ask)});
    if let Some(report) = usage::report(ask, &counted(ask.input.total())) {
        out["usage"] = json!({"prompt_tokens": report.output, "total_tokens": report.output});
    }
    out
}

/// An answer of so many tokens and no words: the one count that such a call has.
pub(crate) fn counted(tokens: u64) -> Answer {
    Answer { pieces: Vec::new(), finish: Finish::End, output_tokens: tokens, thinking_tokens: 0 }
}
