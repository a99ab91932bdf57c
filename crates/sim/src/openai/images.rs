//! Images: what is painted, of words or of other images, and how it is told. In: a body. Out: an `Ask`, JSON, frames.
//! Never here: the pixels; tasks that are asked about later.

use super::multipart;
use super::read::{at_least, boolean, given, invalid_value, known, missing, model, object, wrong_type};
use crate::ask::{Answer, Ask, Finish, Input, Piece};
use crate::config::SimConfig;
use crate::count::Meter;
use crate::directive::Directives;
use crate::effect::{Frame, Kind, Told};
use crate::refused::Refused;
use crate::route::Call;
use crate::wire::Wire;
use crate::{png, usage};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

const KNOWN: [&str; 22] = [
    "prompt",
    "model",
    "background",
    "complexity",
    "frame_count",
    "frame_duration_ms",
    "image",
    "input_fidelity",
    "mask",
    "moderation",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "quality",
    "response_format",
    "safety_identifier",
    "size",
    "stream",
    "style",
    "svg",
    "user",
];
const MODEL: &str = "sim-openai-image";
const NUMBERS: [&str; 3] = ["n", "output_compression", "partial_images"];
const IMAGES_MAX: u64 = 10;
/// Tokens of one image that is painted.
const TOKENS: u64 = 100;

/// What is painted.
pub(crate) struct Picture {
    prompt: String,
    n: u64,
    url: bool,
    /// Words that tell what was understood; not every model says them.
    revised: bool,
    told_usage: bool,
    edit: bool,
    partial: u64,
    fields: Map<String, Value>,
}

/// Reads a request for new images.
pub(crate) fn generations(body: &[u8], config: &SimConfig) -> Result<(Ask, Picture), Refused> {
    let fields = object(body)?;
    for key in ["image", "mask", "input_fidelity"] {
        if fields.contains_key(key) {
            return Err(super::read::unknown_parameter(key));
        }
    }
    read(fields, &[], config)
}

/// Reads a form that asks to change images.
pub(super) fn edits(call: &Call<'_>) -> Result<(Ask, Wire), Refused> {
    let kind = call.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
    let Some(parts) = multipart::parts(kind, call.body) else {
        let message = format!(
            "Unsupported content type: '{kind}'. This API method only accepts 'multipart/form-data' requests, but you specified the header 'Content-Type: {kind}'. Please try again with a supported content type."
        );
        return Err(Refused::bad(message).code("unsupported_content_type"));
    };
    let mut fields = Map::new();
    let mut images = Vec::new();
    for part in parts {
        let name = part.name.trim_end_matches("[]");
        match (part.file, name) {
            (Some(mime), "image" | "mask") => {
                if !matches!(mime.as_str(), "image/png" | "image/jpeg" | "image/webp") {
                    let message = format!(
                        "Invalid file '{name}': unsupported mimetype ('{mime}'). Supported file formats are 'image/png', 'image/jpeg' and 'image/webp'."
                    );
                    return Err(Refused::bad(message).param(name).code("unsupported_file_mimetype"));
                }
                if name == "image" {
                    images.push(format!("image {mime} of {} bytes", part.data.len()));
                }
            }
            (Some(_), _) | (None, "image" | "mask") => {
                return Err(invalid_value(name, format!("Invalid type for '{name}': expected a file.")));
            }
            (None, _) => {
                let text = String::from_utf8_lossy(part.data).into_owned();
                fields.insert(name.to_owned(), typed(name, &text));
            }
        }
    }
    if images.is_empty() {
        return Err(missing("image"));
    }
    let (ask, mut picture) = read(fields, &images, &call.sim.config)?;
    picture.edit = true;
    Ok((ask, Wire::Images(Box::new(picture))))
}

/// A field of a form as JSON would have it.
fn typed(name: &str, text: &str) -> Value {
    match name {
        "stream" => json!(text == "true"),
        _ if NUMBERS.contains(&name) => text.parse::<u64>().map_or(json!(text), Value::from),
        _ => json!(text),
    }
}

fn read(mut fields: Map<String, Value>, images: &[String], config: &SimConfig) -> Result<(Ask, Picture), Refused> {
    if given(&fields, "model").is_none() {
        fields.insert("model".to_owned(), json!(MODEL));
    }
    let model = model(&fields, config)?.to_owned();
    known(&fields, &KNOWN, "")?;
    let prompt = match given(&fields, "prompt") {
        None => return Err(missing("prompt")),
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        Some(Value::String(_)) => {
            return Err(invalid_value(
                "prompt",
                "Invalid 'prompt': string too short. Expected a string with minimum length 1.",
            ));
        }
        Some(other) => return Err(wrong_type("prompt", "a string", other)),
    };
    let n = at_least(&fields, "n", 1)?.unwrap_or(1);
    if n > IMAGES_MAX {
        let message = format!(
            "Invalid 'n': integer above maximum value. Expected a value <= {IMAGES_MAX}, but got {n} instead."
        );
        return Err(Refused::bad(message).param("n").code("integer_above_max_value"));
    }
    size(&fields)?;
    let url = format(&fields, &model)?;
    let directives = Directives::parse(&prompt).map_err(Refused::bad)?;
    if directives.has("refuse") {
        let mut refused =
            Refused::bad("Your request was rejected by the safety system.").code("moderation_blocked");
        refused.kind = "image_generation_user_error".to_owned();
        return Err(refused);
    }
    let mut meter = Meter::default();
    meter.text(&prompt);
    images.iter().for_each(|image| meter.image(image));
    let ask = Ask {
        stream: boolean(&fields, "stream")?.unwrap_or(false),
        said: prompt.clone(),
        media: images.to_vec(),
        input: Input::cached(meter.tokens(), &directives),
        directives,
        count: n,
        ..Ask::default()
    };
    let picture = Picture {
        n,
        url,
        prompt,
        revised: !model.starts_with("gpt-image"),
        told_usage: !model.starts_with("dall-e"),
        edit: false,
        partial: at_least(&fields, "partial_images", 0)?.unwrap_or(0).min(3),
        fields,
    };
    Ok((Ask { model, ..ask }, picture))
}

fn size(fields: &Map<String, Value>) -> Result<(), Refused> {
    let Some(value) = given(fields, "size") else {
        return Ok(());
    };
    let text = value.as_str().unwrap_or("");
    let number = |half: &str| half.parse::<u32>().is_ok();
    if text == "auto" || text.split_once('x').is_some_and(|(width, height)| number(width) && number(height)) {
        return Ok(());
    }
    let message =
        format!("Invalid value: {value}. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.");
    Err(invalid_value("size", message))
}

/// Whether images are told by their address: newer models tell their bytes and cannot be asked otherwise.
fn format(fields: &Map<String, Value>, model: &str) -> Result<bool, Refused> {
    match given(fields, "response_format").map(Value::as_str) {
        None => Ok(model.starts_with("dall-e")),
        Some(_) if model.starts_with("gpt-image") => Err(super::read::unknown_parameter("response_format")),
        Some(Some("url")) => Ok(true),
        Some(Some("b64_json")) => Ok(false),
        Some(_) => {
            let message = "Invalid value for 'response_format'. Supported values are: 'b64_json' and 'url'.";
            Err(invalid_value("response_format", message))
        }
    }
}

impl Picture {
    /// The name of the picture in a place.
    fn name(&self, index: u64) -> String {
        png::name(&format!("{}\0{index}", self.prompt))
    }

    /// Where each of the pictures can be fetched.
    pub(crate) fn addresses(&self, call: &Call<'_>) -> Vec<String> {
        (0..self.n).map(|index| address(call, &self.name(index))).collect()
    }

    /// The images, by their bytes or their addresses.
    fn data(&self, call: &Call<'_>, answer: &Answer) -> Vec<Value> {
        let revised: String =
            answer.pieces.iter().map(|piece| if let Piece::Text(text) = piece { text } else { "" }).collect();
        let one = |index: u64| {
            let name = self.name(index);
            let mut image = match self.url {
                true => json!({"url": address(call, &name)}),
                false => json!({"b64_json": STANDARD.encode(png::picture(&name))}),
            };
            if self.revised {
                image["revised_prompt"] = json!(revised);
            }
            image
        };
        (0..self.n).map(one).collect()
    }

    fn usage(&self, ask: &Ask) -> Option<Value> {
        let tokens = ask.directives.number("tokens").unwrap_or(TOKENS);
        let count = Answer { pieces: Vec::new(), finish: Finish::End, output_tokens: tokens, thinking_tokens: 0 };
        let report = usage::report(ask, &count).filter(|_| self.told_usage)?;
        let input = ask.input.total();
        let images = 85 * ask.media.len() as u64;
        let total = report.output.as_u64().map_or(json!(input), |output| json!(input + output));
        Some(json!({"input_tokens": input, "output_tokens": report.output, "total_tokens": total,
            "input_tokens_details": {"text_tokens": input.saturating_sub(images), "image_tokens": images},
            "output_tokens_details": {"text_tokens": 0, "image_tokens": report.output}}))
    }

    /// What the answer repeats of the request.
    fn settings(&self) -> Value {
        let given = |key: &str, otherwise: &str| match self.fields.get(key).and_then(Value::as_str) {
            None | Some("auto") => json!(otherwise),
            Some(text) => json!(text),
        };
        json!({"background": given("background", "opaque"), "output_format": given("output_format", "png"),
            "quality": given("quality", "medium"), "size": given("size", "1024x1024")})
    }
}

/// Where a picture can be fetched.
fn address(call: &Call<'_>, name: &str) -> String {
    let host = call.headers.get("host").and_then(|value| value.to_str().ok()).unwrap_or("127.0.0.1");
    format!("http://{host}/media/{name}.png")
}

/// The whole answer.
pub(crate) fn whole(call: &Call<'_>, ask: &Ask, answer: &Answer, picture: &Picture) -> Value {
    let mut out = json!({"created": call.stamp.created, "data": picture.data(call, answer)});
    if let (true, Value::Object(out), Value::Object(settings)) = (picture.told_usage, &mut out, picture.settings())
    {
        out.extend(settings);
    }
    if let Some(usage) = picture.usage(ask) {
        out["usage"] = usage;
    }
    out
}

/// The frames of a stream: earlier states of the picture, then the picture.
pub(crate) fn stream(call: &Call<'_>, ask: &Ask, picture: &Picture) -> Told {
    let what = if picture.edit { "image_edit" } else { "image_generation" };
    let image = STANDARD.encode(png::picture(&picture.name(0)));
    let event = |kind: Kind, name: &str, more: Value| {
        let mut value =
            json!({"type": format!("{what}.{name}"), "b64_json": image, "created_at": call.stamp.created});
        for fields in [picture.settings(), more] {
            if let (Value::Object(value), Value::Object(fields)) = (&mut value, fields) {
                value.extend(fields);
            }
        }
        Frame { kind, text: format!("event: {what}.{name}\ndata: {value}\n\n") }
    };
    let partial = |index| event(Kind::Content, "partial_image", json!({"partial_image_index": index}));
    let mut frames: Vec<Frame> = (0..picture.partial).map(partial).collect();
    let usage = picture.usage(ask).map_or_else(|| json!({}), |usage| json!({ "usage": usage }));
    frames.push(event(Kind::Finish, "completed", usage));
    let mut refused =
        Refused::new(500, format!("The simulated provider {} failed in the stream", call.stamp.canary));
    refused.kind = ask.directives.get("error_type").unwrap_or("image_generation_server_error").to_owned();
    let mut fault = super::error(&refused);
    fault["type"] = json!("error");
    Told::new(frames, format!("event: error\ndata: {fault}\n\n"))
}
