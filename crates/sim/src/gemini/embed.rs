//! Embeddings: one content, or a batch of them. In: the body. Out: an `Ask` with what is embedded, JSON.
//! Never here: how a vector is made.

use super::fields::{Fields, wrong};
use super::parts::Said;
use super::read::json_of;
use crate::ask::{Ask, Input};
use crate::count::Meter;
use crate::directive::Directives;
use crate::openai::embeddings::counted;
use crate::refused::Refused;
use crate::usage;
use crate::vector;
use crate::wire::Wire;
use serde_json::{Value, json};

const REQUEST: [&str; 6] = ["model", "content", "taskType", "title", "outputDimensionality", "embedContentConfig"];
const CONFIG: [&str; 6] =
    ["taskType", "title", "outputDimensionality", "autoTruncate", "documentOcr", "audioTrackExtraction"];
const REQUESTS_MAX: usize = 100;
const DIMENSIONS: i64 = 3072;

/// What is embedded: each text with its number of dimensions.
pub(crate) struct Batch {
    texts: Vec<(String, usize)>,
    single: bool,
}

/// Reads `embedContent` or `batchEmbedContents`.
pub(super) fn read(body: &[u8], model: &str, verb: &str) -> Result<(Ask, Wire), Refused> {
    let value = json_of(body)?;
    let mut meter = Meter::default();
    let mut batch = Batch { texts: Vec::new(), single: verb == "embedContent" };
    if batch.single {
        batch.texts.push(one("", &value, model, &mut meter)?);
    } else {
        let fields = Fields::of("", &value, &["requests"])?;
        let requests = fields.list("requests")?;
        if requests.is_empty() || requests.len() > REQUESTS_MAX {
            let message = format!(
                "* BatchEmbedContentsRequest.requests: at most {REQUESTS_MAX} requests can be in one batch\n"
            );
            return Err(Refused::bad(message));
        }
        for (index, request) in requests.iter().enumerate() {
            batch.texts.push(one(&format!("requests[{index}]"), request, model, &mut meter)?);
        }
    }
    let said: Vec<&str> = batch.texts.iter().map(|(text, _)| text.as_str()).collect();
    let directives = Directives::parse(&said.join("\n")).map_err(Refused::bad)?;
    let input = Input::cached(meter.tokens(), &directives);
    let ask = Ask { model: model.to_owned(), directives, input, count: 1, ..Ask::default() };
    Ok((ask, Wire::Contents(batch)))
}

fn one(at: &str, value: &Value, model: &str, meter: &mut Meter) -> Result<(String, usize), Refused> {
    let fields = Fields::of(at, value, &REQUEST)?;
    match fields.text("model")? {
        Some(told) if told != format!("models/{model}") && told != model => {
            return Err(wrong(&fields.place("model"), "the model of a request must be the one of the address."));
        }
        None if !at.is_empty() => return Err(wrong(&fields.place("model"), "model is required.")),
        _ => {}
    }
    let content = fields.get("content").ok_or_else(|| wrong(&fields.place("content"), "content is required."))?;
    let content = Fields::of(fields.place("content"), content, &["role", "parts"])?;
    let mut said = Said::default();
    for (index, part) in content.list("parts")?.iter().enumerate() {
        said.part(&format!("{}.parts[{index}]", content.at), part, false, meter)?;
    }
    if said.text.is_empty() {
        return Err(wrong(&content.place("parts"), "content must not be empty."));
    }
    let mut asked = fields.number("outputDimensionality")?;
    if let Some(config) = fields.get("embedContentConfig") {
        let config = Fields::of(fields.place("embedContentConfig"), config, &CONFIG)?;
        asked = config.number("outputDimensionality")?.or(asked);
    }
    match usize::try_from(asked.unwrap_or(DIMENSIONS)) {
        Ok(number) if (1..=3072).contains(&number) => Ok((said.text, number)),
        _ => {
            let why = format!("output_dimensionality must be in the range [1, {DIMENSIONS}].");
            Err(wrong(&fields.place("outputDimensionality"), &why))
        }
    }
}

/// The vectors, with what they cost.
pub(crate) fn whole(ask: &Ask, batch: &Batch) -> Value {
    let show = |(text, size): &(String, usize)| json!({"values": vector::numbers(&vector::embedding(text, *size))});
    let shown: Vec<Value> = batch.texts.iter().map(show).collect();
    let mut out = match batch.single {
        true => json!({"embedding": shown.first()}),
        false => json!({ "embeddings": shown }),
    };
    if let Some(report) = usage::report(ask, &counted(ask.input.total())) {
        let input = report.output;
        out["usageMetadata"] = json!({"promptTokenCount": input, "totalTokenCount": input,
            "promptTokenDetails": [{"modality": "TEXT", "tokenCount": input}]});
    }
    out
}
