//! Embeddings of a Gemini server. In: a request of OpenAI's dialect; `:batchEmbedContents` answers. Out: that server's
//! request, or a fault that names the field; the answer in OpenAI's dialect. Never here: which task the texts are for: a
//! client of this dialect cannot say it.

use super::input::Input;
use super::{vector, write_usage};
use crate::convert::Encoded;
use crate::fault::UpstreamFault;
use crate::json::{Members, blank, push_string, skip, whole};
use crate::lane::{StreamFault, StreamSpec};
use crate::names::ToolNames;
use crate::read::{At, Object, elements};
use crate::straight::StraightAnswer;
use crate::target::Target;
use crate::write::{SPARE_BYTES, Writer};
use bytes::Bytes;
use canon::{Dialect, Fault, Loss, Tally};
use units::{Class, Usage};

/// Most inputs that the server takes at once.
const INPUTS_MAX: usize = 100;

/// The model as the server's bodies name it.
fn collection(model: &str) -> String {
    let known = ["models/", "tunedModels/"].iter().any(|collection| model.starts_with(collection));
    if known { model.to_owned() } else { format!("models/{model}") }
}

/// Writes the server's request.
pub(crate) fn encode(body: &Bytes, target: &Target) -> Result<Encoded, Fault> {
    let at = At::field("body");
    let mut members = Members::new(body, blank(body, 0), 0).map_err(|_| at.refuse("an object"))?;
    let (mut input, mut dimensions, mut losses) = (None, None, Vec::new());
    while let Some(member) = members.next().map_err(|_| at.refuse("an object"))? {
        let name = String::from_utf8_lossy(&member.name(body)).into_owned();
        let value = member.text(body);
        match &*name {
            _ if value == b"null" => {}
            "input" => input = Some(Input::read(value)?),
            "dimensions" => {
                let most = whole(value).ok_or_else(|| At::field("dimensions").refuse("an integer from 1 on"))?;
                dimensions = Some(most);
            }
            "model" | "encoding_format" | "stream" | "n" => {}
            _ => losses.push(Loss::dropped(name, "the target has no such field")),
        }
    }
    let texts = match input.ok_or_else(super::input::required)? {
        Input::Texts(texts) => texts,
        Input::Tokens { .. } => {
            return Err(
                At::field("input").unsupported("This model cannot read inputs of tokens; send them as text.")
            );
        }
    };
    if texts.len() > INPUTS_MAX {
        let told = format!("This model takes at most {INPUTS_MAX} inputs at once; send several requests.");
        return Err(At::field("input").unsupported(&told));
    }
    let mut out = Vec::with_capacity(body.len() + SPARE_BYTES);
    write_requests(&texts, &collection(&target.model), dimensions, &mut out);
    Ok(Encoded::new(Bytes::from(out), losses, ToolNames::default()))
}

fn write_requests(texts: &[&[u8]], model: &str, dimensions: Option<u64>, out: &mut Vec<u8>) {
    let mut body = Writer::object(out);
    let mut requests = Writer::array(body.key("requests"));
    for text in texts {
        let mut request = Writer::object(requests.item());
        request.text("model", model);
        let mut content = Writer::object(request.key("content"));
        let mut parts = Writer::array(content.key("parts"));
        let mut part = Writer::object(parts.item());
        part.key("text").extend_from_slice(text);
        part.end();
        parts.end();
        content.end();
        if let Some(dimensions) = dimensions {
            request.number("outputDimensionality", dimensions);
        }
        request.end();
    }
    requests.end();
    body.end();
}

/// Reads the server's answer and writes the client's, without its usage.
pub(crate) fn read(spec: &StreamSpec, body: &Bytes) -> Result<StraightAnswer, StreamFault> {
    let body = body.trim_ascii();
    if skip(body, 0, 0)? != body.len() {
        return Err(StreamFault::Garbage);
    }
    let answer = Object::open(body).ok_or(StreamFault::Garbage)?;
    if answer.get("error").is_some() {
        return Err(StreamFault::Upstream(UpstreamFault::in_stream(Dialect::GeminiEmbeddings, body)));
    }
    let vectors = answer.get("embeddings").and_then(elements).ok_or(StreamFault::Garbage)?;
    if vectors.len() != spec.vectors.count as usize {
        return Err(StreamFault::Garbage);
    }
    let mut out = Vec::with_capacity(body.len() + SPARE_BYTES);
    let mut list = Writer::object(&mut out);
    list.text("object", "list");
    let mut data = Writer::array(list.key("data"));
    for (n, vector) in vectors.into_iter().enumerate() {
        let mut item = Writer::object(data.item());
        item.text("object", "embedding");
        item.number("index", n as u64);
        write_vector(vector, spec.vectors.base64, item.key("embedding")).ok_or(StreamFault::Garbage)?;
        item.end();
    }
    data.end();
    list.text("model", &spec.head.model);
    list.end();
    let mut tally = Tally::default();
    if let Some(tokens) = told_tokens(&answer) {
        tally.report(&Usage::NONE.with(Class::Input, tokens));
    }
    Ok(StraightAnswer::written(Bytes::from(out), tally, write_usage))
}

fn write_vector(vector: &[u8], base64: bool, out: &mut Vec<u8>) -> Option<()> {
    let vector = Object::open(vector)?;
    let values = vector.get("values")?;
    if base64 {
        push_string(out, &vector::to_base64(values)?);
    } else {
        out.extend(vector::compact(values)?);
    }
    Some(())
}

/// Newer servers tell how many tokens the texts had. None is no count: no text is empty.
fn told_tokens(answer: &Object<'_>) -> Option<u64> {
    let usage = Object::open(answer.get("usageMetadata")?)?;
    usage.get("promptTokenCount").and_then(whole).filter(|tokens| *tokens > 0)
}
