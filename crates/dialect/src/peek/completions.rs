//! The look at a Completions request. In: a body. Out: a `Peek`. Never here: the prompt's text.

use super::{Peek, plain};
use crate::completions::MAX_TOKENS_DEFAULT;
use crate::completions::decode::check;
use crate::completions::prompt::{Prompt, required};
use bytes::Bytes;
use canon::{Dialect, Fault};

/// The fields that only this endpoint reads, and those it refuses.
const OWN: [&str; 17] = [
    "prompt",
    "echo",
    "suffix",
    "logprobs",
    "n",
    "best_of",
    "audio",
    "container",
    "function_call",
    "functions",
    "mcp_servers",
    "messages",
    "modalities",
    "response_format",
    "tool_choice",
    "tools",
    "web_search_options",
];

/// Looks at a body.
pub(super) fn look(body: &Bytes) -> Result<Peek, Fault> {
    let mut prompted = false;
    let mut peek = plain::look(Dialect::Completions, body, &OWN, |name, value| {
        if name == "prompt" {
            prompted = true;
            return Prompt::read(value).map(drop);
        }
        check(name, value)
    })?;
    if !prompted {
        return Err(required());
    }
    peek.max_output.get_or_insert(MAX_TOKENS_DEFAULT);
    Ok(peek)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peek::peek;
    use canon::FaultKind;

    fn looked(body: &str) -> Result<Peek, Fault> {
        peek(Dialect::Completions, &Bytes::from(body.to_owned()))
    }

    #[test]
    fn r_api_3_what_admission_and_money_need_is_seen() {
        let body = r#"{"model":"m","prompt":"hi","stream":true,"stream_options":{"include_usage":true},"max_tokens":9,"user":"u"}"#;
        let peek = looked(body).unwrap();
        assert_eq!((peek.dialect, peek.model.as_str()), (Dialect::Completions, "m"));
        assert_eq!((peek.stream, peek.asks_usage, peek.max_output, peek.choices), (true, true, Some(9), 1));
        assert_eq!((peek.user.as_deref(), peek.prompt_bytes, peek.messages), (Some("u"), body.len() as u64, 1));
        let least = looked(r#"{"model":"m","prompt":[1,2]}"#).unwrap();
        assert_eq!((least.stream, least.asks_usage, least.max_output), (false, false, Some(16)));
    }

    #[test]
    fn every_refusal_names_its_field() {
        for (body, kind, at) in [
            (r#"{"prompt":"x"}"#, FaultKind::ModelRequired, "model"),
            (r#"{"model":"m"}"#, FaultKind::PromptRequired, "prompt"),
            (r#"{"model":"m","prompt":null}"#, FaultKind::PromptRequired, "prompt"),
            (r#"{"model":"m","prompt":["a","b"]}"#, FaultKind::UnsupportedParameter, "prompt"),
            (r#"{"model":"m","prompt":"x","prompt":"y"}"#, FaultKind::InvalidRequest, "prompt"),
            (r#"{"model":"m","prompt":"x","Prompt":"y"}"#, FaultKind::InvalidRequest, "Prompt"),
            (r#"{"model":"m","prompt":"x","MAX_TOKENS":1}"#, FaultKind::InvalidRequest, "MAX_TOKENS"),
            (r#"{"model":"m","prompt":"x","model":"n"}"#, FaultKind::InvalidRequest, "model"),
            (r#"{"model":"m","prompt":"x","n":2}"#, FaultKind::UnsupportedParameter, "n"),
            (r#"{"model":"m","prompt":"x","best_of":2}"#, FaultKind::UnsupportedParameter, "best_of"),
            (r#"{"model":"m","prompt":"x","logprobs":5}"#, FaultKind::UnsupportedParameter, "logprobs"),
            (r#"{"model":"m","prompt":"x","suffix":"s"}"#, FaultKind::UnsupportedParameter, "suffix"),
            (r#"{"model":"m","prompt":"x","messages":[{}]}"#, FaultKind::UnsupportedParameter, "messages"),
            (r#"{"model":"m","prompt":"x","echo":"yes"}"#, FaultKind::InvalidRequest, "echo"),
            (r#"{"model":"m","prompt":"x","max_tokens":0}"#, FaultKind::InvalidRequest, "max_tokens"),
            (r#"{"model":"m","prompt":"x","stream":1}"#, FaultKind::InvalidRequest, "stream"),
            (r#"{"model":"m","prompt":"x","temperature":3}"#, FaultKind::InvalidRequest, "temperature"),
        ] {
            let fault = looked(body).unwrap_err();
            assert_eq!((fault.kind, fault.param.as_deref()), (kind, Some(at)), "{body}");
        }
        for bad in ["", "[]", r#"{"model":"m","prompt":"x"} x"#, r#"{"model":"m","prompt":"#] {
            assert_eq!(looked(bad).unwrap_err().kind, FaultKind::InvalidRequest, "{bad}");
        }
    }
}
