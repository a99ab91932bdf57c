//! The bodies of requests as far as they must be, and the bodies of errors. In: nothing. Out: schemas by name. Every body is
//! open: what is not named here goes on to the model as it came. Never here: operations.

use serde_json::{Map, Value, json};

/// An open object with fields, the first `required` of which must be there.
fn open(required: usize, fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().take(required).map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect();
    json!({ "type": "object", "required": names, "properties": properties, "additionalProperties": true })
}

/// A closed object, all of whose fields are there.
fn closed(fields: &[(&str, Value)]) -> Value {
    let mut object = open(fields.len(), fields);
    object["additionalProperties"] = json!(false);
    object
}

/// Every schema.
pub(super) fn all() -> Map<String, Value> {
    let all = conversations().into_iter().chain(others()).chain(errors());
    all.map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A text, or a list of parts.
fn parts() -> Value {
    json!({ "type": ["string", "array"] })
}

fn objects() -> Value {
    json!({ "type": "array", "minItems": 1, "items": { "type": "object" } })
}

/// A whole number above zero under a name.
fn limit(name: &str) -> (&str, Value) {
    (name, json!({ "type": "integer", "minimum": 1 }))
}

/// The body of a conversation: its own fields and those of sampling.
fn talk(required: usize, own: &[(&str, Value)]) -> Value {
    let number = || json!({ "type": "number" });
    let tools = json!({ "type": "array", "items": { "type": "object" } });
    let sampling = [("stream", flag()), ("temperature", number()), ("top_p", number()), ("tools", tools)];
    open(required, &[own, &sampling[..]].concat())
}

fn conversations() -> [(&'static str, Value); 5] {
    let (model, object) = (("model", text()), json!({ "type": "object" }));
    let responses = [
        model.clone(),
        ("input", parts()),
        ("instructions", text()),
        limit("max_output_tokens"),
        ("previous_response_id", text()),
        ("store", flag()),
    ];
    let chat = [model.clone(), ("messages", objects()), limit("max_tokens"), limit("max_completion_tokens")];
    let messages = [model.clone(), limit("max_tokens"), ("messages", objects()), ("system", parts())];
    let contents = [("contents", objects()), ("systemInstruction", object.clone()), ("generationConfig", object)];
    [
        ("ChatRequest", talk(2, &chat)),
        ("ResponsesRequest", talk(2, &responses)),
        ("CompletionsRequest", talk(2, &[model, ("prompt", parts()), limit("max_tokens")])),
        ("MessagesRequest", talk(3, &messages)),
        ("GenerateRequest", open(1, &contents)),
    ]
}

fn others() -> [(&'static str, Value); 5] {
    let model = ("model", text());
    let format = json!({ "enum": ["float", "base64"] });
    let vectors = [model.clone(), ("input", parts()), ("encoding_format", format), limit("dimensions")];
    let pictures = [model.clone(), ("prompt", text()), limit("n"), ("size", text()), ("quality", text())];
    [
        ("CountRequest", open(2, &[model.clone(), ("input", parts()), ("instructions", text())])),
        ("MessagesCountRequest", open(2, &[model, ("messages", objects()), ("system", parts())])),
        ("EmbeddingsRequest", open(2, &vectors)),
        ("ImagesRequest", open(2, &pictures)),
        ("ImageEditsRequest", open(2, &pictures)),
    ]
}

fn errors() -> [(&'static str, Value); 7] {
    let status = || json!({ "type": "integer", "minimum": 400, "maximum": 599 });
    let within = |fields: &[(&str, Value)]| closed(&[("error", closed(fields))]);
    let maybe = json!({ "type": ["string", "null"] });
    let gemini = [("code", status()), ("message", text()), ("status", text())];
    [
        ("OpenAiError", within(&[("message", text()), ("type", text()), ("param", maybe), ("code", text())])),
        ("NumericError", within(&[("message", text()), ("type", text()), ("code", status())])),
        ("DetailError", closed(&[("detail", text())])),
        (
            "AnthropicError",
            closed(&[
                ("type", json!({ "const": "error" })),
                ("error", closed(&[("type", text()), ("message", text())])),
                ("request_id", text()),
            ]),
        ),
        ("CodedError", within(&[("message", text()), ("type", text()), ("code", text())])),
        ("RouterError", within(&[("code", text()), ("message", text()), ("type", text())])),
        ("GeminiError", closed(&[("error", open(gemini.len(), &gemini))])),
    ]
}
