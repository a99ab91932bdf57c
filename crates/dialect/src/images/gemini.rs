//! Images of a Gemini server. In: a request of OpenAI's dialect for new images; `:generateContent` answers. Out: that server's
//! request, or a fault that names the field; the answer in OpenAI's dialect. Never here: conversations with such a model
//! (crate::gemini), an address for a picture.

use super::{ImagesAnswer, Made, is_base64, ratio, size_of};
use crate::convert::Encoded;
use crate::fault::{UpstreamClass, UpstreamFault};
use crate::gemini::stop;
use crate::gemini::usage::GeminiCounts;
use crate::json::{Members, blank, push_string, skip, string_value, whole};
use crate::lane::{StreamFault, StreamSpec};
use crate::media::standard_base64;
use crate::names::ToolNames;
use crate::read::{At, Object, elements};
use crate::splice::Edits;
use crate::write::{SPARE_BYTES, Writer};
use bytes::Bytes;
use canon::{Dialect, Fault, Loss, StopReason, Tally};
use std::borrow::Cow;
use units::{Class, Usage};

/// Writes the server's request.
pub(crate) fn encode(body: &Bytes) -> Result<Encoded, Fault> {
    let at = At::field("body");
    let mut members = Members::new(body, blank(body, 0), 0).map_err(|_| at.refuse("an object"))?;
    let (mut prompt, mut shape, mut losses) = (None, None, Vec::new());
    while let Some(member) = members.next().map_err(|_| at.refuse("an object"))? {
        let name = String::from_utf8_lossy(&member.name(body)).into_owned();
        let value = member.text(body);
        let at = At::field(&name);
        match &*name {
            _ if value == b"null" => {}
            "prompt" => prompt = Some(value),
            "size" => shape = sized(&at, value, &mut losses)?,
            "n" if whole(value) == Some(1) => {}
            "n" => {
                return Err(at.unsupported("This model makes one image at a time; send several requests."));
            }
            "response_format" if value == b"\"b64_json\"" => {}
            "response_format" => {
                return Err(at.unsupported("This model gives images by their bytes; ask for b64_json."));
            }
            "model" | "stream" | "partial_images" | "best_of" => {}
            // What is asked for in this way comes out all the same, or nothing was asked for.
            "quality" | "background" | "moderation" if value == b"\"auto\"" => {}
            _ => losses.push(Loss::dropped(name, "the target has no such field")),
        }
    }
    let prompt = prompt.ok_or_else(|| At::field("prompt").refuse("a string"))?;
    let mut out = Vec::with_capacity(body.len() + SPARE_BYTES);
    write_request(prompt, shape, &mut out);
    Ok(Encoded::new(Bytes::from(out), losses, ToolNames::default()))
}

/// The ratio of a size, if one was asked for.
fn sized(at: &At<'_>, value: &[u8], losses: &mut Vec<Loss>) -> Result<Option<&'static str>, Fault> {
    let text = string_value(value).ok_or_else(|| at.refuse("a string"))?;
    if &*text == "auto" {
        return Ok(None);
    }
    let found = size_of(&text).and_then(ratio::of);
    let found =
        found.ok_or_else(|| at.unsupported("This model makes no images of this shape; ask for another `size`."))?;
    losses.push(Loss::approximated("size", "the target takes the ratio of the sides, not their lengths"));
    Ok(Some(found))
}

fn write_request(prompt: &[u8], ratio: Option<&str>, out: &mut Vec<u8>) {
    let mut body = Writer::object(out);
    let mut contents = Writer::array(body.key("contents"));
    let mut content = Writer::object(contents.item());
    content.text("role", "user");
    let mut parts = Writer::array(content.key("parts"));
    let mut part = Writer::object(parts.item());
    part.key("text").extend_from_slice(prompt);
    part.end();
    parts.end();
    content.end();
    contents.end();
    let mut config = Writer::object(body.key("generationConfig"));
    config.raw("responseModalities", "[\"IMAGE\"]");
    if let Some(ratio) = ratio {
        let mut image = Writer::object(config.key("imageConfig"));
        image.text("aspectRatio", ratio);
        image.end();
    }
    config.end();
    body.end();
}

/// Reads the server's answer and writes the client's.
pub(crate) fn read(spec: &StreamSpec, body: &Bytes) -> Result<ImagesAnswer, StreamFault> {
    let body = body.trim_ascii();
    if skip(body, 0, 0)? != body.len() {
        return Err(StreamFault::Garbage);
    }
    let answer = Object::open(body).ok_or(StreamFault::Garbage)?;
    if answer.get("error").is_some() {
        return Err(StreamFault::Upstream(UpstreamFault::in_stream(Dialect::GeminiImages, body)));
    }
    let mut pictures = pictures(&answer)?;
    // Nobody asked for more, and nobody would pay for them.
    pictures.truncate(usize::try_from(spec.images).unwrap_or(usize::MAX));
    let count = u32::try_from(pictures.len()).unwrap_or(u32::MAX);
    if count == 0 {
        return Err(StreamFault::Garbage);
    }
    let mut usage = Usage::NONE.with(Class::Images, u64::from(count));
    let told = answer.get("usageMetadata").map(|json| {
        let mut counts = GeminiCounts::default();
        counts.take(json);
        counts.usage()
    });
    let told = told.filter(|told| !told.is_empty() && !told.is_absurd());
    if let Some(told) = &told {
        usage.merge(told);
    }
    let mut tally = Tally::default();
    tally.report(&usage);
    let mut out = Vec::with_capacity(body.len() + SPARE_BYTES);
    write_answer(spec, &pictures, told.as_ref(), &mut out);
    let made = Made { count, ..Made::default() };
    Ok(ImagesAnswer { body: Bytes::from(out), edits: Edits::default(), tally, made, urls: Vec::new() })
}

/// The bytes of each picture that the server shows. Those it only thought of are not among them.
fn pictures<'a>(answer: &Object<'a>) -> Result<Vec<Cow<'a, str>>, StreamFault> {
    let refused = || {
        let (class, status) = (UpstreamClass::InvalidRequest, 200);
        let fault = UpstreamFault { class, status, retry_after: None, should_retry: Some(false), param: None };
        StreamFault::Upstream(fault)
    };
    let feedback = answer.get("promptFeedback").and_then(Object::open);
    if feedback.is_some_and(|feedback| feedback.get("blockReason").is_some()) {
        return Err(refused());
    }
    let candidates = answer.get("candidates").and_then(elements).ok_or(StreamFault::Garbage)?;
    let candidate = candidates.first().and_then(|raw| Object::open(raw)).ok_or(StreamFault::Garbage)?;
    let content = candidate.get("content").and_then(Object::open);
    let parts = content.and_then(|content| elements(content.get("parts")?)).unwrap_or_default();
    let mut found = Vec::new();
    for part in parts {
        let part = Object::open(part).ok_or(StreamFault::Garbage)?;
        let Some(data) = part.get("inlineData").filter(|_| part.get("thought") != Some(b"true")) else { continue };
        let data = Object::open(data).ok_or(StreamFault::Garbage)?;
        let picture = data.str("mimeType").is_some_and(|kind| kind.starts_with("image/"));
        let bytes = data.str("data").filter(|_| picture).ok_or(StreamFault::Garbage)?;
        let bytes = match standard_base64(&bytes) {
            Cow::Borrowed(_) => bytes,
            Cow::Owned(other) => Cow::Owned(other),
        };
        found.push(Some(bytes).filter(|bytes| is_base64(bytes)).ok_or(StreamFault::Garbage)?);
    }
    let end = candidate.str("finishReason").map(|word| stop::read(&word).reason);
    if found.is_empty() && matches!(end, Some(StopReason::Refusal | StopReason::ContentFilter)) {
        return Err(refused());
    }
    Ok(found)
}

fn write_answer(spec: &StreamSpec, pictures: &[Cow<'_, str>], told: Option<&Usage>, out: &mut Vec<u8>) {
    let mut body = Writer::object(out);
    body.number("created", u64::try_from(spec.head.created).unwrap_or(0));
    let mut data = Writer::array(body.key("data"));
    for picture in pictures {
        let mut item = Writer::object(data.item());
        push_string(item.key("b64_json"), picture);
        item.end();
    }
    data.end();
    if let Some(told) = told {
        // The request brought words alone, and what came of it is told as one count.
        let (input, output) = (told.prompt_total(), told.answer_total());
        let mut usage = Writer::object(body.key("usage"));
        usage.number("input_tokens", input);
        let mut details = Writer::object(usage.key("input_tokens_details"));
        details.number("text_tokens", input);
        details.number("image_tokens", 0);
        details.end();
        usage.number("output_tokens", output);
        usage.number("total_tokens", input.saturating_add(output));
        usage.end();
    }
    body.end();
}
