//! The straight lane. Here: what its tests share. Never here: conversions.

mod chat;
mod gemini;
mod messages;
mod pieces;
mod requests;
mod responses;
mod responses_requests;
mod whole;

use crate::lane::{Answer, ReplyHead, Stream, StreamFault, StreamSpec};
use bytes::{Bytes, BytesMut};
use canon::Dialect;
use units::{Usage, UsageSource};

const CHAT: Dialect = Dialect::OpenAiChat;
const MESSAGES: Dialect = Dialect::Anthropic;

fn spec(dialect: Dialect) -> StreamSpec {
    let prefix = if dialect == MESSAGES { "msg_" } else { "chatcmpl-" };
    let head = ReplyHead { id: format!("{prefix}ours"), model: "pub".into(), created: 7, ended: None };
    StreamSpec::straight(dialect, head, true, 1)
}

/// Runs a stream in pieces of `size`; gives what went out before and after the seal.
fn run(spec: &StreamSpec, bytes: &[u8], size: usize) -> Result<(String, String, Stream), StreamFault> {
    let mut stream = Stream::new(spec);
    let (mut before, mut after) = (BytesMut::new(), BytesMut::new());
    for part in bytes.chunks(size) {
        stream.push(part, &mut before)?;
    }
    stream.finish(&mut before)?;
    let usage = *stream.tally().usage();
    stream.seal(&usage, UsageSource::Provider, &mut after);
    let text = |b: &BytesMut| String::from_utf8(b.to_vec()).unwrap();
    Ok((text(&before), text(&after), stream))
}

/// Runs a stream in pieces of several sizes, which makes no difference; gives all that went out.
fn run_all(spec: &StreamSpec, bytes: &[u8]) -> Result<String, StreamFault> {
    let once = |size| run(spec, bytes, size).map(|(before, after, _)| before + &after);
    let whole = once(bytes.len());
    for size in [1, 2, 7, 61] {
        assert_eq!(once(size), whole, "cut to {size}");
    }
    whole
}

/// Reads a whole answer and gives it as a client gets it.
fn answered(dialect: Dialect, body: &[u8]) -> Result<String, StreamFault> {
    let answer = Answer::read(&spec(dialect), &Bytes::copy_from_slice(body))?;
    let usage = *answer.tally().usage();
    Ok(String::from_utf8(answer.seal(&usage, UsageSource::Provider).to_vec()).unwrap())
}

/// An event of a Messages stream.
fn ev(kind: &str, rest: &str) -> String {
    format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n")
}

fn start(id: &str, model: &str) -> String {
    ev(
        "message_start",
        &format!(
            r#","message":{{"id":"{id}","type":"message","role":"assistant","model":"{model}","content":[],"stop_reason":null,"usage":{{"input_tokens":25,"cache_read_input_tokens":3,"output_tokens":1}}}}"#
        ),
    )
}

fn block(index: u8, block: &str) -> String {
    ev("content_block_start", &format!(r#","index":{index},"content_block":{block}"#))
}

fn delta(index: u8, delta: &str) -> String {
    ev("content_block_delta", &format!(r#","index":{index},"delta":{delta}"#))
}

fn stop(index: u8) -> String {
    ev("content_block_stop", &format!(r#","index":{index}"#))
}

/// The end of a Messages stream as the upstream tells it.
fn end(word: &str) -> String {
    let delta =
        format!(r#","delta":{{"stop_reason":"{word}","stop_sequence":null}},"usage":{{"output_tokens":5}}"#);
    ev("message_delta", &delta) + &ev("message_stop", "")
}

/// A Chat chunk of an upstream.
fn chunk(rest: &str) -> String {
    format!(
        "data: {{\"id\":\"up-id\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"up-1\",\"system_fingerprint\":\"fp\",{rest}}}\n\n"
    )
}

/// The only choice of a chunk that goes on.
fn choice(delta: &str) -> String {
    format!("\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}]")
}
