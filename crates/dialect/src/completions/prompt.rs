//! The prompt of a Completions request in its four forms. In: its JSON. Out: one text or one list of tokens, or a fault that
//! names the place. Never here: a tokenizer; who has one reads the tokens (`prompt_tokens`) and puts their text in their
//! place (`with_prompt_text`).

use crate::json::{Bad, Items, Members, blank, push_string, whole};
use crate::read::{At, Object, text};
use crate::splice::Edits;
use bytes::Bytes;
use canon::{Fault, FaultKind};

/// A prompt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// A text.
    Text(String),
    /// Tokens of the model's vocabulary.
    Tokens(Vec<u32>),
}

const WHAT: &str = "a string, or an array of tokens";

impl Prompt {
    /// Reads the value of `prompt`, which is well formed.
    pub fn read(raw: &[u8]) -> Result<Self, Fault> {
        let at = At::field("prompt");
        match raw.first() {
            Some(b'"') => Self::text(raw, &at),
            Some(b'[') => Self::list(raw, &at),
            _ if raw == b"null" => Err(required()),
            _ => Err(at.refuse(WHAT)),
        }
    }

    fn text(raw: &[u8], at: &At<'_>) -> Result<Self, Fault> {
        let text = text(raw, at)?;
        if text.is_empty() { Err(required()) } else { Ok(Self::Text(text)) }
    }

    fn list(raw: &[u8], at: &At<'_>) -> Result<Self, Fault> {
        let broken = |_: Bad| at.refuse(WHAT);
        let mut items = Items::new(raw, 0, 0).map_err(broken)?;
        let Some((from, to)) = items.next().map_err(broken)? else {
            return Err(required());
        };
        let only = match raw.get(from) {
            Some(b'"') => Self::text(&raw[from..to], at),
            Some(b'[') => Self::tokens(&raw[from..to], &at.index(0)),
            _ => return Self::tokens(raw, at),
        };
        if items.next().map_err(broken)?.is_some() {
            return Err(
                at.unsupported("Several prompts in one request are not supported; send one request for each.")
            );
        }
        only
    }

    fn tokens(raw: &[u8], at: &At<'_>) -> Result<Self, Fault> {
        let broken = |_: Bad| at.refuse(WHAT);
        let mut items = Items::new(raw, 0, 0).map_err(broken)?;
        let mut tokens = Vec::new();
        while let Some((from, to)) = items.next().map_err(broken)? {
            let token = whole(&raw[from..to]).and_then(|n| u32::try_from(n).ok());
            tokens.push(token.ok_or_else(|| at.index(tokens.len()).refuse("a token: an integer from 0 on"))?);
        }
        if tokens.is_empty() { Err(required()) } else { Ok(Self::Tokens(tokens)) }
    }
}

/// A request without a prompt.
pub(crate) fn required() -> Fault {
    Fault::new(FaultKind::PromptRequired, "`prompt` is required: a text that is not empty.").at("prompt")
}

/// The tokens of a Completions request whose prompt is given as tokens. `None` for any other request.
pub fn prompt_tokens(body: &[u8]) -> Option<Vec<u32>> {
    match Prompt::read(Object::open(body)?.get("prompt")?) {
        Ok(Prompt::Tokens(tokens)) => Some(tokens),
        _ => None,
    }
}

/// The same request with this text as its prompt: the text that its tokens stand for. Looks (`peek`) made before do not fit
/// it.
pub fn with_prompt_text(body: &Bytes, text: &str) -> Bytes {
    let mut edits = Edits::default();
    if let Ok(mut members) = Members::new(body, blank(body, 0), 0) {
        while let Ok(Some(member)) = members.next() {
            if &*member.name(body) == b"prompt" {
                let mut prompt = Vec::with_capacity(text.len() + 2);
                push_string(&mut prompt, text);
                edits.replace(member.value, prompt);
            }
        }
    }
    if edits.is_empty() { body.clone() } else { Bytes::from(edits.apply(body)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-API-3: every form of one prompt is read; each refusal names its place.
    #[test]
    fn r_api_3_one_prompt_in_every_form() {
        let text = |text: &str| Ok(Prompt::Text(text.to_owned()));
        let refused = |kind: FaultKind, at: &str| Err((kind, at.to_owned()));
        let (required, invalid) = (FaultKind::PromptRequired, FaultKind::InvalidRequest);
        for (raw, expect) in [
            (r#""hi\u0041""#, text("hiA")),
            (r#"["hi"]"#, text("hi")),
            (r#"[ 1, 2 ,4294967295]"#, Ok(Prompt::Tokens(vec![1, 2, u32::MAX]))),
            ("[[1,2]]", Ok(Prompt::Tokens(vec![1, 2]))),
            ("null", refused(required, "prompt")),
            (r#""""#, refused(required, "prompt")),
            ("[]", refused(required, "prompt")),
            (r#"[""]"#, refused(required, "prompt")),
            ("[[]]", refused(required, "prompt")),
            ("7", refused(invalid, "prompt")),
            ("{}", refused(invalid, "prompt")),
            ("[1,-2]", refused(invalid, "prompt[1]")),
            ("[1,4294967296]", refused(invalid, "prompt[1]")),
            (r#"[1,"a"]"#, refused(invalid, "prompt[1]")),
            ("[null]", refused(invalid, "prompt[0]")),
            ("[[1,1.5]]", refused(invalid, "prompt[0][1]")),
            (r#"["a","b"]"#, refused(FaultKind::UnsupportedParameter, "prompt")),
            ("[[1],[2]]", refused(FaultKind::UnsupportedParameter, "prompt")),
        ] {
            let found =
                Prompt::read(raw.as_bytes()).map_err(|f| (f.kind, f.param.unwrap_or_default().into_owned()));
            assert_eq!(found, expect, "{raw}");
        }
    }

    #[test]
    fn tokens_give_way_to_their_text() {
        let body = Bytes::from(r#"{ "model":"m", "prompt" : [1,2], "echo":true}"#);
        assert_eq!(prompt_tokens(&body), Some(vec![1, 2]));
        let told = with_prompt_text(&body, "a\"b\n");
        assert_eq!(told, r#"{ "model":"m", "prompt" : "a\"b\n", "echo":true}"#);
        assert_eq!(prompt_tokens(&told), None);
        for other in ["", "[]", "{}", r#"{"prompt":["a"]}"#, r#"{"prompt":[1,"#] {
            assert_eq!(prompt_tokens(other.as_bytes()), None, "{other}");
            assert_eq!(with_prompt_text(&Bytes::from("{}"), "x"), "{}");
        }
    }
}
