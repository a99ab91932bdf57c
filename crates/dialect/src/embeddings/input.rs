//! The inputs of an embeddings request in their four forms. In: the JSON of `input`. Out: the texts where they stand, or how
//! many tokens there are; or a fault that names the place. Never here: a copy of a text before it is asked for.

use crate::json::{Bad, Items, string_value, whole};
use crate::read::{At, Object};
use canon::Fault;

/// Most inputs of one request.
pub(crate) const INPUTS_MAX: usize = 2_048;

/// The inputs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input<'a> {
    /// Texts, as JSON strings.
    Texts(Vec<&'a [u8]>),
    /// Lists of tokens.
    Tokens {
        /// How many lists.
        lists: usize,
        /// How many tokens in all of them.
        tokens: u64,
    },
}

/// The inputs of a request, for who counts their tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbeddingInputs {
    /// Texts.
    Texts(Vec<String>),
    /// So many tokens, given as such.
    Tokens(u64),
}

/// The inputs of an embeddings request that was looked at before (`peek`). `None` where there are none that can be read.
pub fn embedding_inputs(body: &[u8]) -> Option<EmbeddingInputs> {
    let object = Object::open(body)?;
    Some(match Input::read(object.get("input")?).ok()? {
        Input::Texts(texts) => {
            let texts = texts.into_iter().map(|raw| string_value(raw).map(std::borrow::Cow::into_owned));
            EmbeddingInputs::Texts(texts.collect::<Option<_>>()?)
        }
        Input::Tokens { tokens, .. } => EmbeddingInputs::Tokens(tokens),
    })
}

const WHAT: &str = "a string, an array of strings, an array of tokens, or an array of arrays of tokens";

/// A request without an input.
pub(crate) fn required() -> Fault {
    Fault::invalid("input", "`input` is required: a text, or an array with at least one.")
}

impl<'a> Input<'a> {
    /// Reads the value of `input`, which is well formed.
    pub fn read(raw: &'a [u8]) -> Result<Self, Fault> {
        let at = At::field("input");
        match raw.first() {
            Some(b'"') => Ok(Self::Texts(vec![text(raw, &at)?])),
            Some(b'[') => {
                let inner =
                    Items::new(raw, 0, 0).and_then(|mut items| items.start()).map_err(|_| at.refuse(WHAT))?;
                match inner.and_then(|first| raw.get(first)) {
                    None => Err(required()),
                    Some(b'"') => Self::texts(raw, &at),
                    Some(b'[') => Self::lists(raw, &at),
                    Some(b'-' | b'0'..=b'9') => Ok(Self::Tokens { lists: 1, tokens: count_tokens(raw, &at)? }),
                    Some(_) => Err(at.index(0).refuse("a string, a token, or an array of tokens")),
                }
            }
            _ if raw == b"null" => Err(required()),
            _ => Err(at.refuse(WHAT)),
        }
    }

    /// How many vectors come of it.
    pub const fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Tokens { lists, .. } => *lists,
        }
    }

    fn texts(raw: &'a [u8], at: &At<'_>) -> Result<Self, Fault> {
        let mut texts = Vec::new();
        each(raw, at, |item, at| {
            texts.push(text(item, at)?);
            Ok(())
        })?;
        Ok(Self::Texts(texts))
    }

    fn lists(raw: &[u8], at: &At<'_>) -> Result<Self, Fault> {
        let (mut lists, mut tokens) = (0, 0_u64);
        each(raw, at, |item, at| {
            if item.first() != Some(&b'[') {
                return Err(at.refuse("an array of tokens, like the inputs before it"));
            }
            lists += 1;
            tokens = tokens.saturating_add(count_tokens(item, at)?);
            Ok(())
        })?;
        Ok(Self::Tokens { lists, tokens })
    }
}

/// Every input of an array, up to the most that one request may have.
fn each<'a>(
    raw: &'a [u8],
    at: &At<'_>,
    mut take: impl FnMut(&'a [u8], &At<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let broken = |_: Bad| at.refuse(WHAT);
    let mut items = Items::new(raw, 0, 0).map_err(broken)?;
    let mut count = 0;
    while let Some((from, to)) = items.next().map_err(broken)? {
        if count == INPUTS_MAX {
            return Err(at.refuse(&format!("an array of at most {INPUTS_MAX} inputs")));
        }
        take(&raw[from..to], &at.index(count))?;
        count += 1;
    }
    Ok(())
}

fn text<'a>(raw: &'a [u8], at: &At<'_>) -> Result<&'a [u8], Fault> {
    match raw {
        b"\"\"" => Err(at.refuse("a text that is not empty")),
        [b'"', ..] => Ok(raw),
        _ => Err(at.refuse("a string, like the inputs before it")),
    }
}

fn count_tokens(raw: &[u8], at: &At<'_>) -> Result<u64, Fault> {
    let broken = |_: Bad| at.refuse(WHAT);
    let mut items = Items::new(raw, 0, 0).map_err(broken)?;
    let mut count = 0;
    while let Some((from, to)) = items.next().map_err(broken)? {
        if whole(&raw[from..to]).is_none_or(|token| token > u64::from(u32::MAX)) {
            return Err(at.index(count).refuse("a token: an integer from 0 on"));
        }
        count += 1;
    }
    if count == 0 {
        return Err(at.refuse("an array with at least one token"));
    }
    Ok(count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-API-7: every form is read; each refusal names its place.
    #[test]
    fn r_api_7_inputs_in_every_form() {
        let texts = |list: &[&'static str]| Ok(Input::Texts(list.iter().map(|t| t.as_bytes()).collect()));
        let tokens = |lists, tokens| Ok(Input::Tokens { lists, tokens });
        let refused = |at: &str| Err(at.to_owned());
        for (raw, expect) in [
            (r#""a""#, texts(&[r#""a""#])),
            (r#"["a", " " ]"#, texts(&[r#""a""#, r#"" ""#])),
            ("[1,2,3]", tokens(1, 3)),
            ("[ [1,2], [3] ]", tokens(2, 3)),
            (r#""""#, refused("input")),
            ("[]", refused("input")),
            ("null", refused("input")),
            ("7", refused("input")),
            ("{}", refused("input")),
            (r#"["a","b","c",""]"#, refused("input[3]")),
            (r#"["a",1]"#, refused("input[1]")),
            (r#"["a",["b"]]"#, refused("input[1]")),
            ("[{}]", refused("input[0]")),
            ("[null]", refused("input[0]")),
            ("[1,-1]", refused("input[1]")),
            ("[-1]", refused("input[0]")),
            ("[1,4294967296]", refused("input[1]")),
            (r#"[1,"a"]"#, refused("input[1]")),
            ("[[1],2]", refused("input[1]")),
            ("[[1],[]]", refused("input[1]")),
            ("[[1],[2,0.5]]", refused("input[1][1]")),
        ] {
            let found = Input::read(raw.as_bytes()).map_err(|f| {
                assert!(f.told.contains('`'), "{}", f.told);
                f.param.unwrap_or_default().into_owned()
            });
            assert_eq!(found, expect, "{raw}");
        }
    }

    #[test]
    fn at_most_so_many_inputs() {
        let list = |n: usize, item: &str| format!("[{}]", vec![item; n].join(","));
        for item in [r#""a""#, "[1]"] {
            assert_eq!(Input::read(list(INPUTS_MAX, item).as_bytes()).unwrap().len(), INPUTS_MAX);
            let fault = Input::read(list(INPUTS_MAX + 1, item).as_bytes()).unwrap_err();
            assert_eq!(fault.param.as_deref(), Some("input"));
            assert!(fault.told.contains("2048"), "{}", fault.told);
        }
        // Tokens of one input are no inputs.
        assert_eq!(Input::read(list(5_000, "1").as_bytes()).unwrap(), Input::Tokens { lists: 1, tokens: 5_000 });
    }

    #[test]
    fn texts_and_tokens_can_be_counted() {
        let inputs = |input: &str| embedding_inputs(format!(r#"{{"model":"m","input":{input}}}"#).as_bytes());
        let texts = |list: &[&str]| Some(EmbeddingInputs::Texts(list.iter().map(|t| (*t).to_owned()).collect()));
        assert_eq!(inputs(r#""a\n""#), texts(&["a\n"]));
        assert_eq!(inputs(r#"["a","\u00e9"]"#), texts(&["a", "é"]));
        assert_eq!(inputs("[[1],[2,3]]"), Some(EmbeddingInputs::Tokens(3)));
        assert_eq!(inputs("[]"), None);
        assert_eq!(embedding_inputs(b"{}"), None);
    }
}
