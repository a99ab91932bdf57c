//! Legacy Completions: a prompt that is continued. In: the body. Out: an `Ask` with its prompts, JSON, frames.
//! Never here: messages; the continuation says back what was said, like every answer here.

use super::read::{at_least, boolean, given, known, model, object, ranges, stop, wrong_type};
use super::tokens::{Prompt, prompts};
use super::whole::{fingerprint, served_model, usage_object};
use crate::ask::{Answer, Ask, Finish, Input, Piece};
use crate::config::SimConfig;
use crate::count::Meter;
use crate::directive::Directives;
use crate::effect::{Frame, Kind, Told};
use crate::mind;
use crate::refused::{Refused, Stamp};
use crate::wire::Wire;
use crate::wording::pieces;
use serde_json::{Map, Value, json};

const KNOWN: [&str; 18] = [
    "model",
    "prompt",
    "best_of",
    "echo",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_tokens",
    "n",
    "presence_penalty",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "top_p",
    "user",
];
/// The limit when none is given.
const TOKENS: u64 = 16;
const LOGPROBS_MAX: u64 = 5;

/// What is continued, and how it is told.
pub(crate) struct Texts {
    prompts: Vec<Prompt>,
    echo: bool,
    logprobs: Option<u64>,
    /// Answers told for each prompt; the ask counts those that were made.
    told: u64,
}

/// Reads a request.
pub(super) fn read(body: &[u8], config: &SimConfig) -> Result<(Ask, Wire), Refused> {
    let fields = object(body)?;
    let model = model(&fields, config)?;
    known(&fields, &KNOWN, "")?;
    ranges(&fields)?;
    let empty = json!("");
    let prompts = prompts("prompt", given(&fields, "prompt").unwrap_or(&empty))?;
    let n = at_least(&fields, "n", 1)?.unwrap_or(1);
    let stream = boolean(&fields, "stream")?.unwrap_or(false);
    let best_of = best_of(&fields, n, stream)?;
    if fields.contains_key("stream_options") && !stream {
        return Err(Refused::bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
            .param("stream_options"));
    }
    let logprobs = at_least(&fields, "logprobs", 0)?;
    if let Some(number) = logprobs.filter(|number| *number > LOGPROBS_MAX) {
        let message = format!("Invalid value for 'logprobs': {number}. Must be at most {LOGPROBS_MAX}.");
        return Err(Refused::bad(message).param("logprobs"));
    }
    let mut meter = Meter::default();
    prompts.iter().for_each(|prompt| prompt.count(&mut meter));
    match given(&fields, "suffix") {
        None => {}
        Some(Value::String(suffix)) => meter.text(suffix),
        Some(other) => return Err(wrong_type("suffix", "a string", other)),
    }
    let said: Vec<String> = prompts.iter().map(Prompt::words).collect();
    let directives = Directives::parse(&said.join("\n")).map_err(Refused::bad)?;
    let ask = Ask {
        model: model.to_owned(),
        stream,
        stop: stop(&fields)?,
        max_tokens: Some(at_least(&fields, "max_tokens", 0)?.unwrap_or(TOKENS)),
        include_usage: fields.get("stream_options").is_some_and(|options| options["include_usage"] == true),
        input: Input::cached(meter.tokens(), &directives),
        directives,
        count: best_of,
        ..Ask::default()
    };
    let echo = boolean(&fields, "echo")?.unwrap_or(false);
    Ok((ask, Wire::Completions(Texts { prompts, echo, logprobs, told: n })))
}

fn best_of(fields: &Map<String, Value>, n: u64, stream: bool) -> Result<u64, Refused> {
    match at_least(fields, "best_of", 1)? {
        None => Ok(n),
        Some(best) if best < n => Err(Refused::bad(format!(
            "You requested that the server return more choices than it will generate (n = {n}, best_of = {best})."
        ))
        .param("best_of")),
        Some(best) if stream && best > n => {
            Err(Refused::bad("Results cannot be streamed when best_of is greater than n.").param("best_of"))
        }
        Some(best) => Ok(best),
    }
}

/// The answer to each prompt, and all of them counted together.
fn answers(ask: &Ask, texts: &Texts) -> (Vec<Answer>, Answer) {
    let one = |prompt: &Prompt| {
        let alone = Ask {
            said: prompt.words(),
            directives: ask.directives.clone(),
            max_tokens: ask.max_tokens,
            stop: ask.stop.clone(),
            ..Ask::default()
        };
        mind::answer(&alone)
    };
    let each: Vec<Answer> = texts.prompts.iter().map(one).collect();
    let all = Answer {
        pieces: Vec::new(),
        finish: Finish::End,
        output_tokens: each.iter().map(|answer| answer.output_tokens).sum(),
        thinking_tokens: each.iter().map(|answer| answer.thinking_tokens).sum(),
    };
    (each, all)
}

fn text_of(answer: &Answer) -> String {
    let shown = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Refusal(text) => text.clone(),
        _ => String::new(),
    };
    answer.pieces.iter().map(shown).collect()
}

fn finish_reason(finish: &Finish) -> &str {
    match finish {
        Finish::Length => "length",
        Finish::Said(word) => word,
        _ => "stop",
    }
}

fn envelope(ask: &Ask, stamp: &Stamp, choices: &Value) -> Value {
    json!({"id": stamp.id("cmpl-", 0), "object": "text_completion", "created": stamp.created,
        "model": served_model(ask), "choices": choices, "system_fingerprint": fingerprint(stamp)})
}

/// Every token with the same chance; `offset` is where the text begins in what is told.
fn logprobs(texts: &Texts, text: &str, offset: usize) -> Value {
    let Some(others) = texts.logprobs else {
        return Value::Null;
    };
    let tokens = pieces(text, 1);
    let mut at = offset;
    let mut offsets = Vec::new();
    for token in &tokens {
        offsets.push(at);
        at += token.chars().count();
    }
    // Nothing foretells the first token of a prompt that is repeated.
    let first = texts.echo && offset == 0;
    let chance = |index: usize| if first && index == 0 { Value::Null } else { json!(-0.25) };
    let top: Value = match others {
        0 => Value::Null,
        _ => tokens
            .iter()
            .enumerate()
            .map(|(index, token)| if first && index == 0 { Value::Null } else { json!({*token: -0.25}) })
            .collect(),
    };
    let chances: Vec<Value> = (0..tokens.len()).map(chance).collect();
    json!({"tokens": tokens, "token_logprobs": chances, "top_logprobs": top, "text_offset": offsets})
}

/// The whole answer.
pub(crate) fn whole(ask: &Ask, stamp: &Stamp, texts: &Texts) -> Value {
    let (each, all) = answers(ask, texts);
    let mut choices = Vec::new();
    for (prompt, answer) in texts.prompts.iter().zip(&each) {
        let mut text = if texts.echo { prompt.words() } else { String::new() };
        text.push_str(&text_of(answer));
        for _ in 0..texts.told {
            choices.push(json!({"text": text, "index": choices.len(), "logprobs": logprobs(texts, &text, 0),
                "finish_reason": finish_reason(&answer.finish)}));
        }
    }
    let mut out = envelope(ask, stamp, &json!(choices));
    if let Some(usage) = usage_object(ask, &all) {
        out["usage"] = usage;
    }
    out
}

/// The frames of a stream, and the frame that tells of a failure inside it.
pub(crate) fn stream(ask: &Ask, stamp: &Stamp, texts: &Texts, config: &SimConfig) -> Told {
    let size = ask.directives.number("chunk_tokens").unwrap_or(config.chunk_tokens);
    let (each, all) = answers(ask, texts);
    let mut frames = Vec::new();
    let mut push = |kind: Kind, choices: &Value, usage: Option<Value>| {
        let mut value = envelope(ask, stamp, choices);
        if let Some(usage) = usage.or_else(|| ask.include_usage.then_some(Value::Null)) {
            value["usage"] = usage;
        }
        frames.push(Frame { kind, text: format!("data: {value}\n\n") });
    };
    let mut index = 0;
    for (prompt, answer) in texts.prompts.iter().zip(&each) {
        for _ in 0..texts.told {
            let mut offset = 0;
            let echo = texts.echo.then(|| prompt.words());
            let text = text_of(answer);
            for piece in echo.iter().map(String::as_str).chain(pieces(&text, size)) {
                let choice = json!({"text": piece, "index": index, "logprobs": logprobs(texts, piece, offset),
                    "finish_reason": null});
                offset += piece.chars().count();
                push(Kind::Content, &json!([choice]), None);
            }
            let choice = json!({"text": "", "index": index, "logprobs": null,
                "finish_reason": finish_reason(&answer.finish)});
            push(Kind::Finish, &json!([choice]), None);
            index += 1;
        }
    }
    if let Some(usage) = usage_object(ask, &all).filter(|_| ask.include_usage) {
        push(Kind::Usage, &json!([]), Some(usage));
    }
    frames.push(Frame { kind: Kind::Done, text: "data: [DONE]\n\n".to_owned() });
    Told::new(frames, super::stream::fault(ask, stamp))
}
