//! Names of a provider's own, planted in its answers. In: an answer or the frames of one, and a word to be found again.
//! Out: the same with that word in every object. Never here: what an answer says.

use crate::effect::Frame;
use serde_json::{Map, Value, json};

/// What the model or a tool wrote; it is no place for a server's names.
const WRITTEN: [&str; 6] = ["args", "arguments", "citation", "input", "parameters", "schema"];

/// Plants `word` in every object of an answer.
pub(crate) fn whole(mut answer: Value, word: &str) -> Value {
    object(&mut answer, word, true);
    answer
}

/// The same in the frames of a stream.
pub(crate) fn frames(frames: Vec<Frame>, word: &str) -> Vec<Frame> {
    let sown = |frame: Frame| {
        let (Some(start), Some(end)) = (frame.text.find('{'), frame.text.rfind('}')) else { return frame };
        let (head, tail) = (&frame.text[..start], &frame.text[end + 1..]);
        let Ok(value) = serde_json::from_str::<Value>(&frame.text[start..=end]) else { return frame };
        let text = format!("{head}{}{tail}", whole(value, word));
        Frame { text, ..frame }
    };
    frames.into_iter().map(sown).collect()
}

/// `listed` objects are those whose names are all known to the world; a new one there is a server's own.
fn object(value: &mut Value, word: &str, listed: bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| object(item, word, listed)),
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                if !WRITTEN.contains(&name.as_str()) {
                    let counts = ["usage", "usageMetadata"].contains(&name.as_str());
                    let details = name.ends_with("_details") || name.ends_with("Details");
                    object(inner, word, counts || (listed && details));
                }
            }
            sow(members, word, listed);
        }
        _ => {}
    }
}

fn sow(members: &mut Map<String, Value>, word: &str, listed: bool) {
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("provider", json!(word));
    put("provider_name", json!(word));
    put("x_host", json!({ "name": word }));
    put("amazon-bedrock-invocationMetrics", json!({ "region": word }));
    put("cost_details", json!([word, 0.01]));
    if listed {
        put("served_by", json!(word));
        put("estimated_cost", json!({ "by": word }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_tells_the_word_but_what_was_written() {
        let answer = json!({
            "choices": [{ "delta": { "content": "a" } }],
            "usage": { "prompt_tokens_details": {} },
            "content": [{ "type": "tool_use", "input": { "a": 1 } }],
        });
        let sown = whole(answer, "w");
        for object in [&sown, &sown["choices"][0], &sown["choices"][0]["delta"], &sown["content"][0]] {
            assert_eq!(object["provider"], "w");
        }
        assert_eq!(sown["usage"]["prompt_tokens_details"]["served_by"], "w");
        assert_eq!(sown["content"][0]["input"], json!({ "a": 1 }));
    }
}
