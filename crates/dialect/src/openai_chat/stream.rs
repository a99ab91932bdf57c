//! Chat Completions answers decoded, streamed or whole. In: chunks of any server that calls itself compatible. Out: events.
//! Never here: the order of blocks (order), what goes to the client.
//!
//! A chunk may carry everything at once; it is read as reasoning, text, calls, usage, finish. Calls come without index, id
//! or type, with an id on every fragment, several under one index, or interleaved.

use super::stop;
use super::usage::ChatCounts;
use crate::codec::{Decode, Varies};
use crate::fault::UpstreamFault;
use crate::json::{string_value, whole};
use crate::lane::StreamFault;
use crate::order::Order;
use crate::read::{Object, elements};
use crate::sse::EVENT_BYTES_MAX;
use canon::{Dialect, Event, Head, Piece, Stop, StopReason};

/// See the caption.
#[derive(Debug, Default)]
pub(crate) struct ChatDecoder {
    order: Order,
    counts: ChatCounts,
    call_stem: String,
    next_key: u64,
    started: bool,
    talking: Option<(u64, Head)>,
    calls: Vec<Call>,
    refused: bool,
    stop: Option<Stop>,
    done: bool,
    varies: Option<Varies>,
}

/// A call as its fragments come.
#[derive(Debug)]
struct Call {
    index: u64,
    key: u64,
    id: String,
    name: String,
    /// What came before the name was known.
    early: String,
    /// Whether its block was begun: with its first arguments, for until then the name may come in pieces.
    begun: bool,
    open: bool,
    arguments: Nesting,
}

/// Whether the arguments so far are a whole object: then no fragment of them follows, and the next call may stream.
#[derive(Debug, Default)]
struct Nesting {
    depth: u32,
    in_string: bool,
    escaped: bool,
    any: bool,
}

impl Nesting {
    fn take(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => {
                    self.depth += 1;
                    self.any = true;
                }
                b'}' | b']' if !self.in_string => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    const fn is_whole(&self) -> bool {
        self.any && self.depth == 0
    }
}

/// Nothing that waits for its sequel grows without end.
fn within(text: &str) -> Result<(), StreamFault> {
    if text.len() > EVENT_BYTES_MAX {
        return Err(StreamFault::TooLong);
    }
    Ok(())
}

/// The one string of a delta that says something: text, or thoughts.
fn only_text<'a>(delta: &Object<'a>) -> Option<&'a [u8]> {
    let mut said = None;
    for (name, raw) in delta.iter() {
        match (name, raw) {
            (b"role", _) | (_, b"null" | b"\"\"" | b"[]") => {}
            (b"content" | b"reasoning_content" | b"reasoning", [b'"', ..]) if said.replace(raw).is_none() => {}
            _ => return None,
        }
    }
    said
}

impl Decode for ChatDecoder {
    fn frame(&mut self, _name: &[u8], data: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if data == b"[DONE]" {
            return self.end(out);
        }
        self.varies = None;
        let chunk = Object::alone(data).ok_or(StreamFault::Garbage)?;
        self.errors(&chunk, data)?;
        let choices = chunk.get("choices").and_then(elements);
        self.start(out);
        let choice = choices.iter().flatten().find_map(|raw| {
            let choice = Object::open(raw)?;
            // One choice was asked for; a server that gives more is not followed.
            (choice.get("index").is_none_or(|n| n == b"0")).then_some(choice)
        });
        if let Some(choice) = choice {
            if let Some(delta) = choice.get("delta").and_then(Object::open) {
                self.delta(&delta, out)?;
                let report = chunk.get("usage").filter(|raw| raw.first() == Some(&b'{'));
                self.varies = only_text(&delta).and_then(|text| Varies::of(data, text, report));
            }
            self.finish_word(&choice);
        }
        // A report behind the finish may be followed by a fuller one: only the last word ends it.
        self.usage(&chunk, out);
        Ok(())
    }

    fn answer(&mut self, body: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault> {
        let body = body.trim_ascii();
        if crate::json::skip(body, 0, 0) != Ok(body.len()) {
            return Err(StreamFault::Garbage);
        }
        let answer = Object::open(body).ok_or(StreamFault::Garbage)?;
        self.errors(&answer, body)?;
        let choices = answer.get("choices").and_then(elements).unwrap_or_default();
        let choice = choices.first().and_then(|raw| Object::open(raw));
        let choice = choice.ok_or(StreamFault::Garbage)?;
        self.start(out);
        if let Some(message) = choice.get("message").and_then(Object::open) {
            self.delta(&message, out)?;
        }
        self.finish_word(&choice);
        self.usage(&answer, out);
        self.end(out)
    }

    fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if !self.done && self.stop.is_none() {
            return Err(StreamFault::Cut);
        }
        self.end(out)
    }

    fn varies(&self) -> Option<Varies> {
        // Behind a finish nothing is more of the same.
        self.varies.filter(|_| self.stop.is_none())
    }

    fn reported(&mut self, report: &[u8], out: &mut Vec<Event>) {
        self.counts.take(report);
        out.push(Event::Usage(self.counts.usage()));
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn has_stopped(&self) -> bool {
        self.done || self.stop.is_some()
    }
}

impl ChatDecoder {
    /// Ids of calls that the server forgot start with `call_stem`.
    pub fn new(call_stem: String) -> Self {
        Self { call_stem, ..Self::default() }
    }

    fn errors(&self, chunk: &Object<'_>, data: &[u8]) -> Result<(), StreamFault> {
        if chunk.get("error").is_some() || chunk.str("object").as_deref() == Some("error") {
            let fault = UpstreamFault::in_stream(Dialect::OpenAiChat, data);
            return Err(StreamFault::Upstream(fault));
        }
        Ok(())
    }

    fn start(&mut self, out: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.started, true) {
            out.push(Event::Start);
        }
    }

    fn usage(&mut self, chunk: &Object<'_>, out: &mut Vec<Event>) {
        if let Some(raw) = chunk.get("usage").filter(|raw| raw.first() == Some(&b'{')) {
            self.reported(raw, out);
        }
    }

    fn finish_word(&mut self, choice: &Object<'_>) {
        if let Some(word) = choice.str("finish_reason").filter(|w| !w.is_empty()) {
            self.stop = Some(stop::read(&word));
        }
    }

    fn key(&mut self) -> u64 {
        self.next_key += 1;
        self.next_key
    }

    fn delta(&mut self, delta: &Object<'_>, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        let thought = delta.str("reasoning_content").filter(|t| !t.is_empty());
        let thought = thought.or_else(|| delta.str("reasoning"));
        match thought {
            Some(text) => self.talk(Head::Thinking, &text, out)?,
            None => {
                for raw in delta.get("reasoning_details").and_then(elements).unwrap_or_default() {
                    let detail = Object::open(raw);
                    if let Some(text) = detail.and_then(|d| d.str("text")) {
                        self.talk(Head::Thinking, &text, out)?;
                    }
                }
            }
        }
        match delta.get("content") {
            Some(raw) if raw.first() == Some(&b'[') => {
                for raw in elements(raw).unwrap_or_default() {
                    let part = Object::open(raw);
                    if let Some(text) = part.and_then(|p| p.str("text")) {
                        self.talk(Head::Text, &text, out)?;
                    }
                }
            }
            Some(raw) => self.talk(Head::Text, &string_value(raw).unwrap_or_default(), out)?,
            None => {}
        }
        if let Some(text) = delta.str("refusal").filter(|t| !t.is_empty()) {
            self.refused = true;
            self.talk(Head::Refusal, &text, out)?;
        }
        for (n, raw) in delta.get("tool_calls").and_then(elements).unwrap_or_default().into_iter().enumerate() {
            if let Some(call) = Object::open(raw) {
                self.call(&call, n as u64, out)?;
            }
        }
        if let Some(call) = delta.get("function_call").and_then(Object::open) {
            self.fragment(0, "", &call, out)?;
        }
        Ok(())
    }

    /// Text of a block that ends when another begins.
    fn talk(&mut self, head: Head, text: &str, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if text.is_empty() {
            return Ok(());
        }
        let key = match &self.talking {
            Some((key, same)) if *same == head => *key,
            _ => {
                self.hush(out);
                self.begin_calls(out)?;
                self.close_whole_calls(out);
                let key = self.key();
                self.talking = Some((key, head.clone()));
                self.order.open(key, head, out);
                key
            }
        };
        self.order.more(key, Piece::Text(text.to_owned()), out)
    }

    fn hush(&mut self, out: &mut Vec<Event>) {
        if let Some((key, _)) = self.talking.take() {
            self.order.close(key, out);
        }
    }

    fn close_whole_calls(&mut self, out: &mut Vec<Event>) {
        for call in &mut self.calls {
            if call.open && call.arguments.is_whole() {
                call.open = false;
                self.order.close(call.key, out);
            }
        }
    }

    fn call(&mut self, call: &Object<'_>, place: u64, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        let id = call.str("id").unwrap_or_default();
        let told = call.get("index").and_then(whole);
        let index = told.unwrap_or_else(|| self.guess_index(&id, place));
        let function = call.get("function").and_then(Object::open);
        match function {
            Some(function) => self.fragment(index, &id, &function, out),
            None => Ok(()),
        }
    }

    /// Without an index: a new id is a new call, no id goes on with the last.
    fn guess_index(&self, id: &str, place: u64) -> u64 {
        let count = self.calls.len() as u64;
        let known = self.calls.iter().rev().find(|c| !id.is_empty() && c.id == id);
        match known {
            Some(call) => call.index,
            None if !id.is_empty() || count == 0 => count.max(place),
            None => self.calls.last().map_or(0, |c| c.index),
        }
    }

    fn fragment(
        &mut self,
        index: u64,
        id: &str,
        function: &Object<'_>,
        out: &mut Vec<Event>,
    ) -> Result<(), StreamFault> {
        let name = function.str("name").unwrap_or_default();
        let found = self.calls.iter().rposition(|c| c.index == index);
        // Servers exist that give every call the index 0; another id with a name is another call.
        let found = found.filter(|n| {
            let known = &self.calls[*n];
            id.is_empty() || known.id == id || name.is_empty() || known.name.is_empty()
        });
        let at = match found {
            Some(at) => at,
            None => self.new_call(index, id, out)?,
        };
        let call = &mut self.calls[at];
        if !call.begun && *name != call.name {
            call.name.push_str(&name);
            within(&call.name)?;
        }
        let arguments = match function.get("arguments") {
            Some(raw) if raw.first() == Some(&b'{') => String::from_utf8_lossy(raw).into_owned(),
            Some(raw) => string_value(raw).unwrap_or_default().into_owned(),
            None => return Ok(()),
        };
        if arguments.is_empty() {
            return Ok(());
        }
        call.arguments.take(&arguments);
        if call.name.is_empty() {
            call.early.push_str(&arguments);
            return within(&call.early);
        }
        let key = call.key;
        self.begin_calls(out)?;
        self.order.more(key, Piece::Arguments(arguments), out)
    }

    /// Begins the blocks of all calls whose names are known by now.
    fn begin_calls(&mut self, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        for call in self.calls.iter_mut().filter(|call| !call.begun && !call.name.is_empty()) {
            (call.begun, call.open) = (true, true);
            let head = Head::ToolCall { id: call.id.clone(), name: call.name.clone() };
            self.order.open(call.key, head, out);
            let early = std::mem::take(&mut call.early);
            if !early.is_empty() {
                self.order.more(call.key, Piece::Arguments(early), out)?;
            }
        }
        Ok(())
    }

    fn new_call(&mut self, index: u64, id: &str, out: &mut Vec<Event>) -> Result<usize, StreamFault> {
        self.hush(out);
        self.begin_calls(out)?;
        self.close_whole_calls(out);
        let count = self.calls.len();
        let id = if id.is_empty() { format!("{}{count}", self.call_stem) } else { id.to_owned() };
        let key = self.key();
        self.calls.push(Call {
            index,
            key,
            id,
            name: String::new(),
            early: String::new(),
            begun: false,
            open: false,
            arguments: Nesting::default(),
        });
        Ok(count)
    }

    fn end(&mut self, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(());
        }
        self.start(out);
        self.hush(out);
        self.begin_calls(out)?;
        self.order.end(out);
        let called = self.calls.iter().any(|c| !c.name.is_empty());
        let mut stop = self.stop.take().unwrap_or(Stop::new(StopReason::EndTurn));
        stop.reason = stop.reason.with_calls(called);
        if self.refused && matches!(stop.reason, StopReason::EndTurn | StopReason::Other) {
            stop.reason = StopReason::Refusal;
        }
        out.push(Event::Stop(stop));
        Ok(())
    }
}
