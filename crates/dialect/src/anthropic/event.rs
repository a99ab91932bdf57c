//! Events of Messages that we write ourselves. In: what an event says. Out: frames.
//! Never here: when they are sent, which blocks are open.

use super::{stop, usage};
use crate::json::push_string;
use crate::lane::ReplyHead;
use crate::write::Writer;
use bytes::BytesMut;
use canon::{Head, Stop};
use units::Usage;

/// A frame of a type with its JSON.
pub(crate) fn frame(kind: &str, json: &[u8], out: &mut BytesMut) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    out.extend_from_slice(json);
    out.extend_from_slice(b"\n\n");
}

/// The first event of an answer.
pub(crate) fn start(head: &ReplyHead, counts: &Usage, out: &mut BytesMut) {
    let mut json = b"{\"type\":\"message_start\",\"message\":{\"id\":".to_vec();
    push_string(&mut json, &head.id);
    json.extend_from_slice(b",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
    push_string(&mut json, &head.model);
    json.extend_from_slice(b",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
    usage::write(counts, &mut json);
    json.extend_from_slice(b"}}");
    frame("message_start", &json, out);
}

/// The JSON of a block's event up to its index.
pub(super) fn begin(kind: &str, index: u64) -> Vec<u8> {
    format!("{{\"type\":\"{kind}\",\"index\":{index}").into_bytes()
}

/// The beginning of a block.
pub(crate) fn block_start(index: u64, head: &Head, out: &mut BytesMut) {
    let mut json = begin("content_block_start", index);
    json.extend_from_slice(b",\"content_block\":");
    write_head(head, &mut json);
    json.push(b'}');
    frame("content_block_start", &json, out);
}

fn write_head(head: &Head, json: &mut Vec<u8>) {
    let mut block = Writer::object(json);
    match head {
        Head::Text | Head::Refusal => {
            block.text("type", "text");
            block.text("text", "");
        }
        Head::Thinking => {
            block.text("type", "thinking");
            block.text("thinking", "");
            block.text("signature", "");
        }
        Head::Redacted(data) => {
            block.text("type", "redacted_thinking");
            block.text("data", data);
        }
        Head::ToolCall { id, name } => {
            block.text("type", "tool_use");
            block.text("id", id);
            block.text("name", name);
            block.raw("input", "{}");
        }
    }
    block.end();
}

/// The end of a block.
pub(crate) fn block_stop(index: u64, out: &mut BytesMut) {
    let json = format!("{{\"type\":\"content_block_stop\",\"index\":{index}}}");
    frame("content_block_stop", json.as_bytes(), out);
}

/// Why the answer ended, and what it used.
pub(crate) fn delta(stop: &Stop, counts: &Usage, out: &mut BytesMut) {
    let mut json = b"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":".to_vec();
    push_string(&mut json, stop::word(stop.reason));
    json.extend_from_slice(b",\"stop_sequence\":");
    match &stop.sequence {
        Some(sequence) => push_string(&mut json, sequence),
        None => json.extend_from_slice(b"null"),
    }
    if let Some(details) = &stop.details {
        json.extend_from_slice(b",\"stop_details\":");
        json.extend_from_slice(details.as_bytes());
    }
    json.extend_from_slice(b"},\"usage\":");
    usage::write(counts, &mut json);
    json.push(b'}');
    frame("message_delta", &json, out);
}

/// The last event of an answer.
pub(crate) fn stop_event(out: &mut BytesMut) {
    frame("message_stop", b"{\"type\":\"message_stop\"}", out);
}

/// What keeps a silent stream alive once it has begun.
pub(crate) const PING: &[u8] = b"event: ping\ndata: {\"type\": \"ping\"}\n\n";
