//! A Completions request decoded. In: the client's body. Out: `canon::Request` with the prompt as the only turn, or a fault
//! that names the field. Never here: what a target can do (its encoder), tokens as text.

use super::MAX_TOKENS_DEFAULT;
use super::prompt::{self, Prompt};
use crate::json::whole as plain_whole;
use crate::read::{self, At, Object, Takes, items, number, raw_json, text, whole};
use canon::{Block, Dialect, Fault, Loss, Request, Role};

/// Most stop sequences that the public description has.
const STOPS_MAX: usize = 4;

/// Fields of conversations that would change the meaning of a request if they were left out.
const CHAT_ONLY: [&str; 11] = [
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

/// Refuses what this endpoint does not do, and says what to use instead.
pub(crate) fn check(name: &str, raw: &[u8]) -> Result<(), Fault> {
    let at = At::field(name);
    match name {
        _ if matches!(raw, b"null" | b"[]") => Ok(()),
        "n" if plain_whole(raw) != Some(1) => {
            Err(at.unsupported("`n` must be 1; send the request several times for several answers."))
        }
        "best_of" if plain_whole(raw) != Some(1) => {
            Err(at.unsupported("`best_of` must be 1; send the request several times and choose."))
        }
        "logprobs" if raw != b"false" => {
            Err(at.unsupported("`logprobs` is not supported; use Chat Completions with `logprobs`."))
        }
        "suffix" if raw != b"\"\"" => {
            Err(at.unsupported("`suffix` is not supported; say in `prompt` what comes behind the answer."))
        }
        "echo" if !matches!(raw, b"true" | b"false") => Err(at.refuse("true or false")),
        _ if CHAT_ONLY.contains(&name) => {
            Err(at.unsupported(&format!("`{name}` is no field of this endpoint; use Chat Completions.")))
        }
        _ => Ok(()),
    }
}

/// Decodes a body.
pub(crate) fn request(body: &[u8]) -> Result<(Request, Vec<Loss>), Fault> {
    let mut reader = Reader { request: Request::new(Dialect::Completions, ""), prompt: None, echo: false };
    read::request(body, &mut reader)?;
    let Reader { mut request, prompt, echo } = reader;
    let text = prompt.ok_or_else(prompt::required)?;
    if echo {
        request.lead = Some(text.clone());
    }
    request.say(Role::User, vec![Block::text(text)]);
    request.max_output.get_or_insert(MAX_TOKENS_DEFAULT);
    Ok((request, Vec::new()))
}

struct Reader {
    request: Request,
    prompt: Option<String>,
    echo: bool,
}

impl Takes for Reader {
    fn message(&mut self, _message: &Object<'_>, _at: &At<'_>) -> Result<(), Fault> {
        check("messages", b"")
    }

    fn field(&mut self, name: &str, raw: &[u8]) -> Result<(), Fault> {
        check(name, raw)?;
        let at = At::field(name);
        let request = &mut self.request;
        match name {
            "model" => request.model = text(raw, &at)?,
            "prompt" => match Prompt::read(raw)? {
                Prompt::Text(text) => self.prompt = Some(text),
                Prompt::Tokens(_) => {
                    return Err(at.unsupported("This model cannot read a prompt of tokens; send it as text."));
                }
            },
            "echo" => self.echo = raw == b"true",
            "stream" => request.stream = raw == b"true",
            "max_tokens" | "max_completion_tokens" => request.max_output = Some(whole(raw, &at)?),
            "temperature" => request.sampling.temperature = Some(number(raw, &at)?),
            "top_p" => request.sampling.top_p = Some(number(raw, &at)?),
            "top_k" => request.sampling.top_k = Some(number(raw, &at)?),
            "seed" => request.sampling.seed = Some(number(raw, &at)?),
            "presence_penalty" => request.sampling.presence_penalty = Some(number(raw, &at)?),
            "frequency_penalty" => request.sampling.frequency_penalty = Some(number(raw, &at)?),
            "stop" => request.stop = stops(raw, &at)?,
            "user" if request.user.is_some() => {}
            "user" | "safety_identifier" => request.user = Some(text(raw, &at)?),
            "service_tier" => request.service_tier = Some(text(raw, &at)?),
            "stream_options" | "suffix" | "n" | "best_of" | "logprobs" => {}
            _ if CHAT_ONLY.contains(&name) => {}
            _ => request.extras.push((name.to_owned(), raw_json(raw, &at)?)),
        }
        Ok(())
    }
}

fn stops(raw: &[u8], at: &At<'_>) -> Result<Vec<String>, Fault> {
    const WHAT: &str = "a string or an array of at most 4 strings";
    if raw.first() == Some(&b'"') {
        return Ok(vec![text(raw, at)?]);
    }
    let list = items(raw, at).map_err(|_| at.refuse(WHAT))?;
    if list.len() > STOPS_MAX {
        return Err(at.refuse(WHAT));
    }
    list.into_iter().enumerate().map(|(n, item)| text(item, &at.index(n))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::{BlockKind, FaultKind};

    fn decoded(fields: &str) -> Result<Request, Fault> {
        request(format!(r#"{{"model":"m","prompt":"Say \"hi\"",{fields}"x":null}}"#).as_bytes()).map(|(r, _)| r)
    }

    #[test]
    fn r_api_3_the_prompt_is_the_only_turn() {
        let request = decoded("").unwrap();
        assert_eq!((request.dialect, request.model.as_str()), (Dialect::Completions, "m"));
        assert_eq!((request.max_output, request.stream, request.lead), (Some(16), false, None));
        assert_eq!(request.turns.len(), 1);
        assert_eq!(request.turns[0].role, Role::User);
        assert_eq!(request.turns[0].blocks[0].kind, BlockKind::Text("Say \"hi\"".to_owned()));
    }

    #[test]
    fn fields_are_carried() {
        let request = decoded(
            r#""echo":true,"max_tokens":7,"stream":true,"temperature":0.50,"top_p":1e-1,"stop":["a","b"],"user":"u","seed":3,"logit_bias":{"5":-1},"presence_penalty":0.1,"n":1,"best_of":1,"suffix":"","logprobs":null,"tools":[],"#,
        )
        .unwrap();
        assert_eq!(request.lead.as_deref(), Some("Say \"hi\""));
        assert_eq!((request.max_output, request.stream), (Some(7), true));
        assert_eq!(request.sampling.temperature.as_deref(), Some("0.50"));
        assert_eq!(request.sampling.top_p.as_deref(), Some("1e-1"));
        assert_eq!((request.stop.len(), request.user.as_deref()), (2, Some("u")));
        let extras: Vec<&str> = request.extras.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(extras, ["logit_bias"]);
        assert_eq!(request.sampling.seed.as_deref(), Some("3"));
        assert_eq!(request.sampling.presence_penalty.as_deref(), Some("0.1"));
        assert_eq!(decoded(r#""stop":"a","#).unwrap().stop, ["a"]);
    }

    /// Whatever changes the meaning and is not done is refused by its name.
    #[test]
    fn r_wire_4_what_is_not_done_is_refused_by_name() {
        for (fields, kind, at) in [
            (r#""n":2,"#, FaultKind::UnsupportedParameter, "n"),
            (r#""best_of":3,"#, FaultKind::UnsupportedParameter, "best_of"),
            (r#""logprobs":0,"#, FaultKind::UnsupportedParameter, "logprobs"),
            (r#""suffix":"s","#, FaultKind::UnsupportedParameter, "suffix"),
            (r#""tools":[{}],"#, FaultKind::UnsupportedParameter, "tools"),
            (r#""messages":[{"role":"user","content":"x"}],"#, FaultKind::UnsupportedParameter, "messages"),
            (r#""messages":"x","#, FaultKind::UnsupportedParameter, "messages"),
            (r#""response_format":{"type":"json_object"},"#, FaultKind::UnsupportedParameter, "response_format"),
            (r#""echo":1,"#, FaultKind::InvalidRequest, "echo"),
            (r#""stop":["a","b","c","d","e"],"#, FaultKind::InvalidRequest, "stop"),
            (r#""stop":[1],"#, FaultKind::InvalidRequest, "stop[0]"),
            (r#""stop":7,"#, FaultKind::InvalidRequest, "stop"),
            (r#""temperature":"1","#, FaultKind::InvalidRequest, "temperature"),
        ] {
            let fault = decoded(fields).unwrap_err();
            assert_eq!((fault.kind, fault.param.as_deref()), (kind, Some(at)), "{fields}");
            assert!(fault.told.contains(at.split('[').next().unwrap()), "{}", fault.told);
        }
        let fault = request(br#"{"model":"m","prompt":[1,2]}"#).unwrap_err();
        assert_eq!((fault.kind, fault.param.as_deref()), (FaultKind::UnsupportedParameter, Some("prompt")));
        let fault = request(br#"{"model":"m"}"#).unwrap_err();
        assert_eq!((fault.kind, fault.param.as_deref()), (FaultKind::PromptRequired, Some("prompt")));
    }
}
