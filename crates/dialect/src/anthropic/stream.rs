//! Messages answers decoded, streamed or whole. In: events of a server. Out: events of ours. Never here: the order of blocks
//! (order), what goes to the client.

use super::stop;
use super::usage::MessageCounts;
use crate::codec::{Decode, Varies, type_of};
use crate::fault::UpstreamFault;
use crate::json::{string_value, whole};
use crate::lane::StreamFault;
use crate::order::Order;
use crate::read::{Object, elements};
use crate::sse::EVENT_BYTES_MAX;
use canon::{Dialect, Event, Head, Piece, Stop, StopReason};

/// See the caption.
#[derive(Debug, Default)]
pub(crate) struct MessagesDecoder {
    /// What ids of calls begin with that the server forgot.
    call_stem: String,
    order: Order,
    counts: MessageCounts,
    started: bool,
    /// Open blocks: index, seal so far, and of calls the input given at the start and whether arguments came.
    blocks: Vec<Open>,
    /// How many blocks were begun.
    begun: u64,
    called: bool,
    stop: Option<Stop>,
    done: bool,
    varies: Option<Varies>,
}

#[derive(Debug)]
struct Open {
    index: u64,
    /// Its own among all blocks of the answer: an index may come again.
    key: u64,
    seal: String,
    call: bool,
    early: String,
    any: bool,
}

impl Decode for MessagesDecoder {
    fn frame(&mut self, name: &[u8], data: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if data == b"[DONE]" {
            return Ok(());
        }
        self.varies = None;
        let event = Object::alone(data).ok_or(StreamFault::Garbage)?;
        let kind = type_of(&event, name);
        if kind == "error" || event.get("error").is_some() {
            let fault = UpstreamFault::in_stream(Dialect::Anthropic, data);
            return Err(StreamFault::Upstream(fault));
        }
        let index = event.get("index").and_then(whole).unwrap_or(0);
        if matches!(&*kind, "content_block_start" | "content_block_delta" | "message_delta") {
            self.begin(out);
        }
        match &*kind {
            "message_start" => {
                // A second start would splice two answers into one.
                if std::mem::replace(&mut self.started, true) {
                    return Err(StreamFault::Garbage);
                }
                out.push(Event::Start);
                let message = event.get("message").and_then(Object::open);
                if let Some(raw) = message.as_ref().and_then(|m| m.get("usage")) {
                    self.counts.take_start(raw);
                    out.push(Event::Usage(self.counts.usage()));
                }
            }
            "content_block_start" => {
                let block = event.get("content_block").and_then(Object::open);
                self.open(index, &block.ok_or(StreamFault::Garbage)?, out)?;
            }
            "content_block_delta" => {
                let delta = event.get("delta").and_then(Object::open).ok_or(StreamFault::Garbage)?;
                self.more(index, &delta, out)?;
                // A seal is kept until its block ends.
                let text = delta.get("text").or_else(|| delta.get("thinking"));
                let only = delta.len() == 2 && delta.get("type").is_some();
                self.varies = text.filter(|_| only).and_then(|text| Varies::of(data, text, None));
            }
            "content_block_stop" => self.close(index, out)?,
            "message_delta" => {
                self.usage(&event, out);
                if let Some(delta) = event.get("delta").and_then(Object::open) {
                    self.stopped(&delta);
                }
            }
            "message_stop" => self.end(out)?,
            _ => {}
        }
        Ok(())
    }

    fn answer(&mut self, body: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault> {
        let body = body.trim_ascii();
        if crate::json::skip(body, 0, 0) != Ok(body.len()) {
            return Err(StreamFault::Garbage);
        }
        let answer = Object::open(body).ok_or(StreamFault::Garbage)?;
        if answer.str("type").as_deref() == Some("error") {
            let fault = UpstreamFault::in_stream(Dialect::Anthropic, body);
            return Err(StreamFault::Upstream(fault));
        }
        let content = answer.get("content").and_then(elements).ok_or(StreamFault::Garbage)?;
        self.started = true;
        out.push(Event::Start);
        for (n, raw) in content.into_iter().enumerate() {
            let block = Object::open(raw).ok_or(StreamFault::Garbage)?;
            self.open(n as u64, &block, out)?;
            self.close(n as u64, out)?;
        }
        self.usage(&answer, out);
        self.stopped(&answer);
        self.end(out)
    }

    fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if !self.done && self.stop.is_none() {
            return Err(StreamFault::Cut);
        }
        self.end(out)
    }

    fn varies(&self) -> Option<Varies> {
        self.varies
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn has_stopped(&self) -> bool {
        self.done || self.stop.is_some()
    }
}

impl MessagesDecoder {
    /// Ids of calls that the server forgot start with `call_stem`.
    pub fn new(call_stem: String) -> Self {
        Self { call_stem, ..Self::default() }
    }

    /// Begins what the server did not begin.
    fn begin(&mut self, out: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.started, true) {
            out.push(Event::Start);
        }
    }

    fn usage(&mut self, holder: &Object<'_>, out: &mut Vec<Event>) {
        if let Some(raw) = holder.get("usage") {
            self.counts.take(raw);
            out.push(Event::Usage(self.counts.usage()));
        }
    }

    fn stopped(&mut self, delta: &Object<'_>) {
        let Some(word) = delta.str("stop_reason").filter(|w| !w.is_empty()) else {
            return;
        };
        let mut stop = stop::read(&word);
        stop.sequence = delta.str("stop_sequence").map(std::borrow::Cow::into_owned);
        let details = delta.get("stop_details");
        stop.details = details.map(|raw| String::from_utf8_lossy(raw).into_owned());
        self.stop = Some(stop);
    }

    fn open(&mut self, index: u64, block: &Object<'_>, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        let kind = block.str("type").unwrap_or_default();
        let head = match &*kind {
            "text" => Head::Text,
            "thinking" => Head::Thinking,
            "redacted_thinking" => Head::Redacted(block.str("data").unwrap_or_default().into_owned()),
            "tool_use" => Head::ToolCall {
                id: match block.str("id").filter(|id| !id.is_empty()) {
                    Some(id) => id.into_owned(),
                    None => format!("{}{index}", self.call_stem),
                },
                name: block.str("name").unwrap_or_default().into_owned(),
            },
            // Blocks of tools that the provider runs are its own affair.
            _ => return Ok(()),
        };
        // A server that ends no block begins the next one in its place: what follows is of the next one.
        self.close(index, out)?;
        let call = matches!(head, Head::ToolCall { .. });
        self.called |= call;
        self.begun += 1;
        let key = self.begun;
        self.order.open(key, head, out);
        let input = block.get("input").filter(|raw| call && *raw != b"{}");
        self.blocks.push(Open {
            index,
            key,
            seal: block.str("signature").unwrap_or_default().into_owned(),
            call,
            early: input.map_or_else(String::new, |raw| String::from_utf8_lossy(raw).into_owned()),
            any: false,
        });
        let text = block.str("text").or_else(|| block.str("thinking"));
        match text.filter(|t| !t.is_empty() && !call) {
            Some(text) => self.order.more(key, Piece::Text(text.into_owned()), out),
            None => Ok(()),
        }
    }

    fn more(&mut self, index: u64, delta: &Object<'_>, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        let Some(block) = self.blocks.iter_mut().find(|b| b.index == index) else {
            return Ok(());
        };
        if let Some(seal) = delta.str("signature") {
            block.seal.push_str(&seal);
            if block.seal.len() > EVENT_BYTES_MAX {
                return Err(StreamFault::TooLong);
            }
        }
        let piece = match delta.get("partial_json").and_then(string_value) {
            Some(text) => Piece::Arguments(text.into_owned()),
            None => match delta.str("text").or_else(|| delta.str("thinking")) {
                Some(text) => Piece::Text(text.into_owned()),
                None => return Ok(()),
            },
        };
        match &piece {
            Piece::Text(text) | Piece::Arguments(text) if text.is_empty() => return Ok(()),
            // Arguments of no call, or text inside of one: whose they are cannot be known.
            other if matches!(other, Piece::Arguments(_)) != block.call => return Err(StreamFault::Garbage),
            _ => block.any = true,
        }
        let key = block.key;
        self.order.more(key, piece, out)
    }

    fn close(&mut self, index: u64, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        let Some(at) = self.blocks.iter().position(|b| b.index == index) else {
            return Ok(());
        };
        let block = self.blocks.swap_remove(at);
        if !block.seal.is_empty() {
            self.order.more(block.key, Piece::Signature(block.seal), out)?;
        }
        // Some servers give the whole input at the start and no deltas.
        if block.call && !block.any && !block.early.is_empty() {
            self.order.more(block.key, Piece::Arguments(block.early), out)?;
        }
        self.order.close(block.key, out);
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(());
        }
        let mut left: Vec<u64> = self.blocks.iter().map(|b| b.index).collect();
        left.sort_unstable();
        for index in left {
            self.close(index, out)?;
        }
        self.order.end(out);
        let mut stop = self.stop.take().unwrap_or(Stop::new(StopReason::EndTurn));
        stop.reason = stop.reason.with_calls(self.called);
        out.push(Event::Stop(stop));
        Ok(())
    }
}
