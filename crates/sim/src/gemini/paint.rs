//! Pictures of a model that paints: parts of an answer, by their bytes. In: a request that asks for pictures. Out: JSON.
//! Never here: the pixels, words of an answer.

use super::fields::{Fields, wrong};
use super::whole::{blocked, envelope, usage_object};
use crate::ask::{Answer, Ask, Finish};
use crate::png;
use crate::refused::{Refused, Stamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Tokens of a picture.
const TOKENS: u64 = 1_290;
/// The ratios of sides that are painted.
const RATIOS: [&str; 10] = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];

/// Whether pictures are asked for.
pub(super) fn asked(config: &Fields<'_>, model: &str) -> Result<bool, Refused> {
    let wanted = config.list("responseModalities")?.iter().any(|word| word == "IMAGE");
    if wanted && !model.contains("image") {
        return Err(Refused::bad("Model does not support the requested response modalities: image"));
    }
    if let Some(value) = config.get("imageConfig") {
        let fields = Fields::of(config.place("imageConfig"), value, &["aspectRatio", "imageSize"])?;
        if let Some(ratio) = fields.text("aspectRatio")?
            && !RATIOS.contains(&ratio)
        {
            return Err(wrong(&fields.place("aspectRatio"), "aspect_ratio must be one of the supported ratios."));
        }
    }
    Ok(wanted)
}

/// The whole answer: one picture, or none where it is withheld.
pub(crate) fn whole(ask: &Ask, answer: &Answer, stamp: &Stamp) -> Value {
    if let Some(blocked) = blocked(ask, stamp) {
        return blocked;
    }
    let mut candidate = json!({"index": 0, "finishReason": "STOP"});
    let mut tokens = TOKENS;
    if answer.finish == Finish::Refusal {
        candidate["finishReason"] = json!("IMAGE_SAFETY");
        candidate["finishMessage"] = json!("The picture was withheld.");
        tokens = 0;
    } else {
        let data = STANDARD.encode(png::picture(&png::name(&ask.said)));
        candidate["content"] = json!({"role": "model",
            "parts": [{"inlineData": {"mimeType": "image/png", "data": data}}]});
    }
    let mut out = envelope(ask, stamp);
    out["candidates"] = json!([candidate]);
    let painted = Answer { pieces: Vec::new(), finish: Finish::End, output_tokens: tokens, thinking_tokens: 0 };
    if let Some(usage) = usage_object(ask, &painted) {
        out["usageMetadata"] = usage;
    }
    out
}
