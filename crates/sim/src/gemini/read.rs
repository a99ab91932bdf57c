//! Reads and checks a request to generate, as strictly as the real server.
//! In: the body. Out: an `Ask`, or the 400 the real server gives. Never here: single contents and tools.

use super::fields::{Fields, invalid, wrong};
use super::{Form, paint, schema, signs_calls, tools, turns};
use crate::ask::{Ask, Format, Input};
use crate::count::Meter;
use crate::directive::Directives;
use crate::refused::Refused;
use crate::wire::Wire;
use serde_json::{Value, json};

const KNOWN: [&str; 11] = [
    "model",
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "safetySettings",
    "generationConfig",
    "cachedContent",
    "serviceTier",
    "store",
    "labels",
];
const CONFIG: [&str; 23] = [
    "stopSequences",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "responseFormat",
    "responseModalities",
    "candidateCount",
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseLogprobs",
    "logprobs",
    "enableEnhancedCivicAnswers",
    "speechConfig",
    "thinkingConfig",
    "imageConfig",
    "mediaResolution",
    "audioTimestamp",
    "translationConfig",
];
const STOPS_MAX: usize = 5;
/// Tokens of thinking when nobody says how much.
const THINKING: u64 = 32;

/// The JSON of a body.
pub(super) fn json_of(body: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(body)
        .map_err(|why| Refused::bad(format!("Invalid JSON payload received. Unexpected token.\n{why}")))
}

/// Reads a request; `form` says how it is streamed, if at all.
pub(super) fn read(body: &[u8], model: &str, form: Option<Form>) -> Result<(Ask, Wire), Refused> {
    let ask = draft(&json_of(body)?, model, form.is_some())?;
    let wire = match form {
        None if ask.paints => Wire::Painted,
        form => Wire::Generate(form.unwrap_or(Form::Events)),
    };
    Ok((ask, wire))
}

/// Answers `countTokens`, which takes contents alone or a whole request.
pub(super) fn count(body: &[u8], model: &str) -> Result<Value, Refused> {
    let value = json_of(body)?;
    let fields = Fields::of("", &value, &["contents", "generateContentRequest"])?;
    let input = match (fields.get("contents"), fields.get("generateContentRequest")) {
        (Some(_), Some(_)) => {
            return Err(wrong("contents", "only one of contents and generate_content_request may be set."));
        }
        (None, Some(request)) => draft(request, model, false)?.input,
        _ => draft(&value, model, false)?.input,
    };
    let total = input.total();
    Ok(json!({"totalTokens": total, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total}]}))
}

fn draft(value: &Value, model: &str, stream: bool) -> Result<Ask, Refused> {
    let fields = Fields::of("", value, &KNOWN)?;
    let mut ask = Ask { model: model.to_owned(), stream, count: 1, ..Ask::default() };
    if fields.get("cachedContent").is_some() {
        return Err(Refused::new(403, "CachedContent not found (or permission denied)"));
    }
    if let Some(config) = fields.get("generationConfig") {
        config_of(&Fields::of("generation_config", config, &CONFIG)?, &mut ask)?;
    }
    let mut meter = Meter::default();
    turns::system(&fields, &mut meter)?;
    turns::read(fields.list("contents")?, &mut ask, &mut meter)?;
    tools::read(&fields, &mut ask, &mut meter)?;
    ask.directives = Directives::parse(&ask.said).map_err(Refused::bad)?;
    ask.hides_thinking &= !ask.directives.has("think");
    ask.input = Input::cached(meter.tokens(), &ask.directives);
    Ok(ask)
}

fn config_of(config: &Fields<'_>, ask: &mut Ask) -> Result<(), Refused> {
    for (name, most) in [("temperature", 2.0), ("topP", 1.0)] {
        let Some(value) = config.get(name) else { continue };
        let number = value.as_f64().ok_or_else(|| invalid(&config.place(name), "TYPE_FLOAT", value))?;
        if !(0.0..=most).contains(&number) {
            return Err(wrong(&config.place(name), &format!("{name} must be in the range [0.0, {most:.1}].")));
        }
    }
    let positive = |name: &str, most: i64| match config.number(name)? {
        None => Ok(None),
        Some(number) if (1..=most).contains(&number) => Ok(u64::try_from(number).ok()),
        Some(number) => {
            let why = format!("{name} must be in the range [1, {}], got {number}.", most + 1);
            Err(wrong(&config.place(name), &why))
        }
    };
    ask.max_tokens = positive("maxOutputTokens", i64::from(i32::MAX))?;
    ask.count = positive("candidateCount", 8)?.unwrap_or(1);
    for stop in config.list("stopSequences")? {
        let text = stop.as_str().filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| invalid(&config.place("stopSequences"), "TYPE_STRING", stop))?;
        ask.stop.push(text.to_owned());
    }
    if ask.stop.len() > STOPS_MAX {
        let why = format!("stop_sequences may have at most {STOPS_MAX} values, got {}.", ask.stop.len());
        return Err(wrong(&config.place("stopSequences"), &why));
    }
    ask.format = format(config)?;
    ask.paints = paint::asked(config, &ask.model)?;
    thinking(config, ask)
}

fn format(config: &Fields<'_>) -> Result<Format, Refused> {
    let mime = config.text("responseMimeType")?.unwrap_or("text/plain");
    let json = mime == "application/json";
    if !json && !matches!(mime, "text/plain" | "text/x.enum") {
        let why = format!("allowed mimetypes are `text/plain`, `application/json`, `text/x.enum`; got `{mime}`.");
        return Err(wrong(&config.place("responseMimeType"), &why));
    }
    match (config.get("responseSchema"), config.get("responseJsonSchema")) {
        (Some(_), Some(_)) => {
            let message = "Only one of response_schema and response_json_schema may be set.";
            Err(Refused::bad(message))
        }
        (None, None) if json => Ok(Format::JsonObject),
        (None, None) => Ok(Format::Text),
        (Some(_), _) | (_, Some(_)) if mime == "text/plain" => {
            Err(wrong(&config.place("responseMimeType"), "a response schema needs the mimetype application/json."))
        }
        (Some(value), _) => Ok(Format::Schema(schema::read(&config.place("responseSchema"), value)?)),
        (None, Some(value)) => Ok(Format::Schema(value.clone())),
    }
}

fn thinking(config: &Fields<'_>, ask: &mut Ask) -> Result<(), Refused> {
    ask.hides_thinking = true;
    let Some(value) = config.get("thinkingConfig") else {
        return Ok(());
    };
    let names = ["includeThoughts", "thinkingBudget", "thinkingLevel"];
    let fields = Fields::of(config.place("thinkingConfig"), value, &names)?;
    ask.hides_thinking = !fields.flag("includeThoughts")?;
    let level = fields.text("thinkingLevel")?.map(str::to_uppercase);
    let tokens = match (fields.number("thinkingBudget")?, level.as_deref()) {
        (Some(_), Some(_)) => {
            return Err(Refused::bad("You can only set only one of thinking budget and thinking level."));
        }
        (_, Some(_)) if !signs_calls(&ask.model) => {
            return Err(Refused::bad("Thinking level is not supported for this model."));
        }
        (Some(0), None) => 0,
        (Some(number), None) if number < -1 => {
            let message = format!("The thinking budget {number} is invalid. Please choose a value of -1 or more.");
            return Err(Refused::bad(message));
        }
        (_, Some("MINIMAL")) => 8,
        (_, Some("LOW")) => 16,
        (_, None | Some("MEDIUM" | "THINKING_LEVEL_UNSPECIFIED")) => THINKING,
        (_, Some("HIGH")) => 64,
        (_, Some("XHIGH")) => 128,
        (_, Some(other)) => {
            let wanted = "type.googleapis.com/google.ai.generativelanguage.v1beta.ThinkingConfig.ThinkingLevel";
            return Err(invalid(&fields.place("thinkingLevel"), wanted, &json!(other)));
        }
    };
    ask.thinking = tokens;
    Ok(())
}
