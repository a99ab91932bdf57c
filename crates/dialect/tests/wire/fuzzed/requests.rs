//! Any request: looked at, spliced, decoded, encoded, counted. Never here: answers.

use bytes::Bytes;
use canon::Dialect;
use dialect::{
    Echo, MaxTokensField, SystemPlacement, Target, ThinkingForm, decode_count, decode_request, embedding_inputs,
    encode_embeddings, encode_images, encode_request, peek, peek_form, peek_path, prepare_count, prompt_tokens,
    responses, straight, with_prompt_text,
};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Servers that differ as much as they may.
fn targets(dialect: Dialect) -> [Target; 2] {
    let plain = Target::new(dialect, "t", 64_000);
    let odd = Target {
        max_tokens_field: MaxTokensField::MaxTokens,
        stream_options: false,
        system: SystemPlacement::AsUser,
        thinking: if dialect == Dialect::Gemini { ThinkingForm::Level } else { ThinkingForm::Adaptive },
        insert_max_tokens: Some(7),
        structured_output: false,
        json_schema: false,
        signature_stand_in: true,
        cache_breakpoints: true,
        ..plain.clone()
    };
    [plain, odd]
}

fn is_json(body: &[u8], what: &str) {
    let read = serde_json::from_slice::<IgnoredAny>(body);
    assert!(read.is_ok(), "{what} is no JSON: {}", String::from_utf8_lossy(body));
}

/// A request of a conversation.
pub fn any(dialect: Dialect, bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    let look = peek_path(dialect, "m", false, &body);
    if let Ok(look) = &look {
        is_json(&body, "what was let in");
        // What goes on from an earlier answer is never sent before that answer's items stand in it (`resumed`).
        let has_lane = Dialect::ALL.contains(&dialect) && look.previous_response.is_none();
        for target in targets(dialect).iter().filter(|_| has_lane) {
            let sent = straight::prepare(&body, look, target);
            is_json(&sent, "a spliced body");
            let again = peek_path(dialect, "t", false, &sent);
            let model = again.map(|look| look.model).map_err(|fault| fault.to_string());
            assert_eq!(model.as_deref(), Ok("t"), "a spliced body is let in: {}", String::from_utf8_lossy(&sent));
        }
        if dialect == Dialect::OpenAiResponses {
            resumed(&body, look);
        }
    }
    let _ = decode_count(dialect, "m", &body);
    prepare_count(&body, &Target::new(dialect, "t", 9));
    Echo::read(&body);
    if dialect == Dialect::Completions && look.is_ok() && prompt_tokens(&body).is_some() {
        is_json(&with_prompt_text(&body, "a \"text\""), "a body with its prompt as text");
    }
    converted(dialect, &body, look.is_ok());
}

/// Fields whose range only some doors check; elsewhere it is the server's affair.
fn is_number(param: &str) -> bool {
    ["temperature", "top_p", "presence_penalty", "frequency_penalty"].contains(&param)
}

/// What was let in and decoded reaches servers of every dialect as a body that such a server could be sent.
fn converted(dialect: Dialect, body: &Bytes, let_in: bool) {
    let Ok((request, _)) = decode_request(dialect, body) else {
        return;
    };
    for to in Dialect::ALL {
        for target in targets(*to) {
            let Ok(encoded) = encode_request(&request, &target) else {
                continue;
            };
            if let_in {
                let read = serde_json::from_slice::<Value>(&encoded.body);
                assert!(read.is_ok(), "an encoded body is JSON: {}", String::from_utf8_lossy(&encoded.body));
                let look = peek_path(*to, "t", false, &encoded.body);
                let refused = look.err().filter(|fault| !fault.param.as_deref().is_some_and(is_number));
                assert!(refused.is_none(), "{to:?} {refused:?}: {}", String::from_utf8_lossy(&encoded.body));
            }
        }
    }
}

fn resumed(body: &Bytes, look: &dialect::Peek) {
    let resumed = responses::with_history(body, look, br#"[{"role":"user","content":"x"}]"#);
    is_json(&resumed, "a resumed body");
    if let Ok(look) = peek(Dialect::OpenAiResponses, &resumed) {
        assert_eq!(look.previous_response, None);
        for target in targets(Dialect::OpenAiResponses) {
            let sent = straight::prepare(&resumed, &look, &target);
            is_json(&sent, "a spliced body that was resumed");
            assert_eq!(peek(Dialect::OpenAiResponses, &sent).map(|look| look.model).ok().as_deref(), Some("t"));
        }
    }
    is_json(&responses::input_items(body), "the items of an input");
    responses::output_items(body);
}

/// A request for vectors.
pub fn embeddings(bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    let look = peek(Dialect::Embeddings, &body);
    embedding_inputs(&body);
    for to in [Dialect::Embeddings, Dialect::GeminiEmbeddings] {
        let target = Target::new(to, "t", 9);
        if let (Ok(look), Ok(encoded)) = (&look, encode_embeddings(&body, &target)) {
            is_json(&body, "what was let in");
            is_json(&encoded.body, "an encoded body");
            if to == Dialect::Embeddings {
                is_json(&straight::prepare(&body, look, &target), "a spliced body");
            }
        }
    }
}

/// A request for pictures, as JSON at both doors and as a form.
pub fn images(bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    for door in [Dialect::Images, Dialect::ImageEdits] {
        let Ok(look) = peek(door, &body) else { continue };
        is_json(&body, "what was let in");
        assert!((1..=10).contains(&look.pictures.count));
        let sent = straight::prepare(&body, &look, &Target::new(door, "t", 9));
        is_json(&sent, "a spliced body");
        assert_eq!(peek(door, &sent).map(|look| look.model).ok().as_deref(), Some("t"));
        if let Ok(encoded) = encode_images(&body, &Target::new(Dialect::GeminiImages, "t", 9)) {
            is_json(&encoded.body, "an encoded body");
        }
    }
    // Whatever it is, it may come as a form.
    let kind = "multipart/form-data; boundary=x";
    let whole = [b"--x\r\n", bytes, b"\r\n--x--\r\n"].concat();
    let form = Bytes::from(whole);
    if let Ok(look) = peek_form(kind, &form) {
        let sent = straight::prepare(&form, &look, &Target::new(Dialect::ImageEdits, "t", 9));
        assert_eq!(peek_form(kind, &sent).map(|look| look.model).ok().as_deref(), Some("t"));
    }
}
