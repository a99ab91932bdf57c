//! What becomes of each feature of an answer on each pair. In: answers of `said`. Out: rows of cells. Answers have no list of
//! losses, so what a client gets is read back by the reader of its dialect and compared. Never here: requests.

use super::Cell;
use super::asked::marks;
use super::said::{Part, failing, streamed, whole};
use crate::run::{CHAT, GEMINI, MESSAGES, RESPONSES, Ran, spec, stream};
use bytes::Bytes;
use canon::{Dialect, StopReason, Tally};
use dialect::lane::Answer;
use dialect::{Target, decode_request, encode_request, peek_path, straight};
use serde_json::{Value, json};
use units::UsageSource;

const THOUGHT: Part = Part::Thought("keep_thought", "keep_proof");
const TEXT: Part = Part::Text("keep_text");
const ONE: Part = Part::Call("call_1", "keep_name", r#"{"city":"keep_argument"}"#);
const TWO: Part = Part::Call("call_2", "keep_other", r#"{"n":7001}"#);
const EMPTY: Part = Part::Call("call_3", "keep_other", "");

/// What is answered, by what a reader calls it.
const ANSWERED: &[(&str, &[Part])] = &[
    ("a text", &[TEXT]),
    ("a call, its arguments cut at every byte", &[ONE]),
    ("parallel calls", &[TEXT, ONE, TWO]),
    ("a call without arguments", &[EMPTY]),
    ("thinking", &[THOUGHT, TEXT]),
];

/// The words for ends that each dialect has.
const STOPS: &[(Dialect, &[&str])] = &[
    (CHAT, &["stop", "length", "content_filter"]),
    (
        MESSAGES,
        &["end_turn", "max_tokens", "stop_sequence", "refusal", "pause_turn", "model_context_window_exceeded"],
    ),
    (RESPONSES, &["completed", "max_output_tokens", "content_filter"]),
    (GEMINI, &["STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "MALFORMED_FUNCTION_CALL"]),
];

/// Reasons for an end, by what a reader calls them.
const REASONS: &[(&str, StopReason)] = &[
    ("end: done", StopReason::EndTurn),
    ("end: the limit of tokens", StopReason::MaxTokens),
    ("end: a stop sequence", StopReason::StopSequence),
    ("end: refused", StopReason::Refusal),
    ("end: filtered", StopReason::ContentFilter),
    ("end: paused", StopReason::Pause),
    ("end: the context is full", StopReason::ContextWindow),
    ("end: something else", StopReason::Other),
];

/// The word that means an ordinary end, or one with calls.
fn ordinary(upstream: Dialect, called: bool) -> &'static str {
    match upstream {
        Dialect::Anthropic => {
            if called {
                "tool_use"
            } else {
                "end_turn"
            }
        }
        Dialect::Gemini => "STOP",
        Dialect::OpenAiResponses => "completed",
        _ => {
            if called {
                "tool_calls"
            } else {
                "stop"
            }
        }
    }
}

/// A whole answer as a client gets it.
fn answer(client: Dialect, upstream: Dialect, body: &Value) -> (Value, Tally) {
    let answer = Answer::read(&spec(client, upstream), &Bytes::from(body.to_string())).unwrap();
    let tally = answer.tally().clone();
    let sealed = answer.seal(tally.usage(), UsageSource::Provider);
    (serde_json::from_slice(&sealed).unwrap(), tally)
}

fn run(client: Dialect, upstream: Dialect, text: &str) -> Ran {
    stream(&spec(client, upstream), text.as_bytes(), &[usize::MAX])
}

/// Who reads what a client got: the reader of its own dialect, for a client of another.
fn reader(client: Dialect) -> (Dialect, Dialect) {
    match client {
        Dialect::OpenAiResponses => (CHAT, RESPONSES),
        Dialect::Completions => (RESPONSES, CHAT),
        other => (RESPONSES, other),
    }
}

/// What was told of an answer, as the reader of the client's dialect finds it. Completions are put into the form of Chat.
fn read_back(client: Dialect, got: &Value) -> (Value, Tally) {
    let (to, from) = reader(client);
    let mut got = got.clone();
    if client == Dialect::Completions {
        let text = got["choices"][0]["text"].clone();
        got["choices"][0]["message"] = json!({"role": "assistant", "content": text});
    }
    answer(to, from, &got)
}

/// The same of a stream.
fn read_back_stream(client: Dialect, got: &str) -> (String, Tally) {
    let (to, from) = reader(client);
    let got = match client {
        Dialect::Completions => {
            got.replace("\"text\":\"", "\"delta\":{\"content\":\"").replace("\",\"index\"", "\"},\"index\"")
        }
        _ => got.to_owned(),
    };
    let ran = run(to, from, &got);
    assert!(ran.fault.is_none(), "{client:?} cannot read {got}");
    // The pieces of what was streamed are put together in the last event of Responses.
    (if client == RESPONSES { got } else { ran.text() }, ran.tally)
}

/// What of the answer cannot be found in what the client gets.
fn missing(said: &str, got: &str) -> Vec<String> {
    marks(said).difference(&marks(got)).map(|mark| format!("no {}", mark.trim_start_matches("keep_"))).collect()
}

fn verdict(client: Dialect, upstream: Dialect, mut lost: Vec<String>) -> Cell {
    lost.dedup();
    match lost.is_empty() {
        true if client == upstream => Cell::Straight,
        true => Cell::Lossless,
        false => Cell::Lossy(lost),
    }
}

/// Content, whole and streamed: both must lose the same.
fn content(client: Dialect, upstream: Dialect, parts: &[Part]) -> Cell {
    let called = parts.iter().any(|part| matches!(part, Part::Call(..)));
    if called && client == Dialect::Completions {
        // It cannot offer tools.
        return Cell::Absent;
    }
    let said = (parts, ordinary(upstream, called));
    let body = whole(upstream, said);
    let (got, _) = answer(client, upstream, &body);
    // A proof is for the next turn, and only some readers show it.
    let lost = missing(&body.to_string().replace("keep_proof", "proof"), &got.to_string());
    let ran = run(client, upstream, &streamed(upstream, said));
    let (text, _) = read_back_stream(client, &ran.text());
    let lost_streamed = missing(&body.to_string().replace("keep_proof", "proof"), &text);
    assert_eq!(lost, lost_streamed, "{upstream:?} to {client:?}: whole {got}, streamed {}", ran.text());
    verdict(client, upstream, lost)
}

/// A refusal in words: its words arrive, and as what they are.
fn refusal(client: Dialect, upstream: Dialect) -> Cell {
    if ![CHAT, RESPONSES].contains(&upstream) {
        return Cell::Absent;
    }
    let body = whole(upstream, (&[Part::Refusal("keep_refusal")], ordinary(upstream, false)));
    let (got, _) = answer(client, upstream, &body);
    let mut lost = missing("keep_refusal", &got.to_string());
    let (shown, _) = read_back(client, &got);
    if lost.is_empty() && !shown.to_string().contains("\"refusal\":\"keep_refusal\"") {
        lost.push("told as text".to_owned());
    }
    verdict(client, upstream, lost)
}

/// An end, by the first word that the upstream has for it.
fn stop(client: Dialect, upstream: Dialect, reason: StopReason) -> Cell {
    let (_, words) = STOPS.iter().find(|(dialect, _)| *dialect == upstream).unwrap();
    let tries = words.iter().map(|word| answer(client, upstream, &whole(upstream, (&[TEXT], word))));
    let found = tries.into_iter().find(|(_, tally)| tally.stop().is_some_and(|stop| stop.reason == reason));
    let Some((got, _)) = found else {
        return Cell::Absent;
    };
    let (_, tally) = read_back(client, &got);
    let told = tally.stop().map_or("nothing", |stop| stop.reason.name());
    let lost = if told == reason.name() { Vec::new() } else { vec![format!("told as `{told}`")] };
    verdict(client, upstream, lost)
}

/// Counts by class: what a client reads is what is charged.
fn usage(client: Dialect, upstream: Dialect) -> Cell {
    let said: (&[Part], &str) = (&[THOUGHT, TEXT], ordinary(upstream, false));
    let body = whole(upstream, said);
    let (got, charged) = answer(client, upstream, &body);
    let ran = run(client, upstream, &streamed(upstream, said));
    assert_eq!(ran.tally.usage(), charged.usage(), "{upstream:?} to {client:?}: a stream counts otherwise");
    let read = read_back(client, &got).1;
    assert_eq!(read_back_stream(client, &ran.text()).1.usage(), read.usage());
    let odd = |(class, count): (units::Class, u64)| {
        (read.usage().count(class) < count).then(|| format!("`{}` not by itself", class.name()))
    };
    verdict(client, upstream, charged.usage().iter().filter_map(odd).collect())
}

/// A failure in the middle: told in the client's dialect, and no proper end behind it.
fn failure(client: Dialect, upstream: Dialect) -> Cell {
    let ran = run(client, upstream, &failing(upstream));
    assert!(ran.fault.is_some() && ran.text().contains("keep_text"), "{upstream:?}: {}", ran.text());
    let (to, from) = reader(client);
    let read = run(to, from, &ran.text());
    let lost = if read.fault.is_some() { Vec::new() } else { vec!["not told".to_owned()] };
    verdict(client, upstream, lost)
}

/// The next turn of a client that sends back what it got, as far as it says what the model said.
fn next_turn(client: Dialect, got: &Value) -> Option<Value> {
    let say = |text: &str| json!({"role": "user", "content": text});
    Some(match client {
        Dialect::Anthropic => {
            json!({"model": "m", "max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 2048},
            "messages": [say("x"), {"role": "assistant", "content": got["content"]}, say("y")]})
        }
        Dialect::Gemini => {
            json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}, got["candidates"][0]["content"],
            {"role": "user", "parts": [{"text": "y"}]}]})
        }
        Dialect::OpenAiResponses => {
            let items = got["output"].as_array().unwrap().iter().cloned();
            let input: Vec<Value> = [say("x")].into_iter().chain(items).chain([say("y")]).collect();
            json!({"model": "m", "input": input, "include": ["reasoning.encrypted_content"]})
        }
        Dialect::OpenAiChat => json!({"model": "m", "reasoning_effort": "high",
            "messages": [say("x"), got["choices"][0]["message"], say("y")]}),
        _ => return None,
    })
}

/// What proves thinking to its maker comes back to it with the next turn.
fn restored(client: Dialect, upstream: Dialect) -> Cell {
    // Chat servers have no proofs; those that want reasoning back have a setting for it.
    if upstream == CHAT {
        return Cell::Absent;
    }
    let spec = spec(client, upstream);
    let (got, _) = answer(client, upstream, &whole(upstream, (&[THOUGHT, TEXT], ordinary(upstream, false))));
    let Some(request) = next_turn(client, &got) else {
        return Cell::Lossy(vec!["no place for it".to_owned()]);
    };
    let body = Bytes::from(request.to_string());
    let target = Target { maker: spec.maker, ..Target::new(upstream, "m", 64_000) };
    let look = peek_path(client, "m", false, &body).unwrap();
    let sent = match client == upstream {
        true => straight::prepare(&body, &look, &target),
        false => encode_request(&decode_request(client, &body).unwrap().0, &target).unwrap().body,
    };
    let sent = String::from_utf8(sent.to_vec()).unwrap();
    verdict(client, upstream, missing("keep_proof", &sent))
}

/// Every row of a client's table.
pub fn rows(client: Dialect) -> Vec<(String, Vec<Cell>)> {
    let each = |what: &str, cell: &dyn Fn(Dialect) -> Cell| {
        (what.to_owned(), Dialect::ALL.iter().map(|upstream| cell(*upstream)).collect())
    };
    let mut out: Vec<(String, Vec<Cell>)> =
        ANSWERED.iter().map(|(what, parts)| each(what, &|upstream| content(client, upstream, parts))).collect();
    out.push(each("thinking restored in the next turn", &|upstream| restored(client, upstream)));
    out.push(each("a refusal in words", &|upstream| refusal(client, upstream)));
    for (what, reason) in REASONS {
        out.push(each(what, &|upstream| stop(client, upstream, *reason)));
    }
    out.push(each("usage by class", &|upstream| usage(client, upstream)));
    out.push(each("a failure in the middle of a stream", &|upstream| failure(client, upstream)));
    out
}
