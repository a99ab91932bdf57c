//! A Chat Completions stream passed on. In: the upstream's bytes. Out: what may go to the client now; the terminal group is
//! held until it is sealed. Never here: a built chunk; frames are spliced, or recognised by a template and copied.

use super::choices::{Known, Shows, word};
use super::template::{Shown, Templates};
use super::top::{TopReader, UsageRule};
use crate::fault::UpstreamFault;
use crate::json::blank;
use crate::lane::{StreamFault, StreamSpec};
use crate::openai_chat::usage::ChatCounts;
use crate::openai_chat::{chunk, stop};
use crate::splice::Edits;
use crate::sse::{EVENT_BYTES_MAX, Frames, fields};
use bytes::BytesMut;
use canon::{Dialect, Stop, StopReason, Tally};
use units::{Usage, UsageSource};

/// See the caption.
#[derive(Debug)]
pub(crate) struct ChatStream {
    pen: chunk::Pen,
    show_usage: bool,
    choices: usize,
    frames: Frames,
    templates: Templates,
    known: Known,
    tally: Tally,
    counts: ChatCounts,
    usage_text: Option<Vec<u8>>,
    held: Vec<u8>,
    finished: Vec<u64>,
    usage_came: bool,
    done: bool,
}

impl ChatStream {
    pub fn new(spec: &StreamSpec) -> Self {
        Self {
            pen: chunk::Pen::new(&spec.head),
            show_usage: spec.show_usage,
            choices: spec.choices.max(1) as usize,
            frames: Frames::default(),
            templates: Templates::default(),
            known: Known::of_stream(format!("call_{}_", spec.head.id_stem())),
            tally: Tally::default(),
            counts: ChatCounts::default(),
            usage_text: None,
            held: Vec::new(),
            finished: Vec::new(),
            usage_came: false,
            done: false,
        }
    }

    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    pub fn is_complete(&self) -> bool {
        self.done || (self.usage_came && self.finished.len() >= self.choices)
    }

    pub fn push(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        let mut frames = std::mem::take(&mut self.frames);
        let pushed = frames.push(bytes, |frame| self.frame(frame, out));
        self.frames = frames;
        pushed
    }

    pub fn finish(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        let rest = self.frames.rest();
        if let Some(fault) = UpstreamFault::bare(Dialect::OpenAiChat, &rest) {
            return Err(StreamFault::Upstream(fault));
        }
        // An event that was cut in two is not an event.
        if self.frame(&rest, out).is_err() || !self.ended() {
            return Err(StreamFault::Cut);
        }
        Ok(())
    }

    fn ended(&self) -> bool {
        self.done || (!self.finished.is_empty() && self.finished.len() >= self.known.choices.len())
    }

    #[inline]
    fn frame(&mut self, frame: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        if self.done {
            return Ok(());
        }
        if let Some((shown, len)) = self.templates.pass(frame, out) {
            match shown {
                Shown::Text => self.tally.text(len),
                Shown::Reasoning => self.tally.reasoning(len),
            }
            return Ok(());
        }
        self.unknown_frame(frame, out)
    }

    fn unknown_frame(&mut self, frame: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        let Some(fields) = fields(frame) else {
            return Ok(());
        };
        match fields.data.trim_ascii() {
            b"[DONE]" => {
                self.done = true;
                return Ok(());
            }
            b"" => return Ok(()),
            data if fields.event == b"error" => {
                return Err(StreamFault::Upstream(UpstreamFault::in_stream(Dialect::OpenAiChat, data)));
            }
            _ => {}
        }
        match fields.whole {
            Some(start) if fields.event.is_empty() && frame.ends_with(b"\n") => self.chunk(frame, start, out),
            _ => {
                let mut plain = b"data: ".to_vec();
                plain.extend(fields.data.iter().map(|b| if *b == b'\n' { b' ' } else { *b }));
                plain.extend_from_slice(b"\n\n");
                self.chunk(&plain, 6, out)
            }
        }
    }

    fn chunk(&mut self, frame: &[u8], start: usize, out: &mut BytesMut) -> Result<(), StreamFault> {
        let start = blank(frame, start);
        let mut edits = Edits::default();
        let top = TopReader {
            frame,
            start,
            edits: &mut edits,
            known: &mut self.known,
            pen: &mut self.pen,
            usage: if self.show_usage { UsageRule::NullStays } else { UsageRule::Leaves },
            object: "\"chat.completion.chunk\"",
        }
        .read()?;
        let usage = top.usage_object(frame);
        if let Some(usage) = usage {
            self.counts.take(usage);
            self.tally.report(&self.counts.usage());
            self.usage_text = Some(usage.to_vec());
        }
        let Some(shows) = top.shows.as_ref().filter(|s| !s.choices.is_empty()) else {
            // Only the chunk behind the finish is the last word on usage; some servers report on every chunk.
            self.usage_came |= usage.is_some() && !self.finished.is_empty();
            return Ok(());
        };
        self.tally.text(shows.text);
        self.tally.reasoning(shows.reasoning);
        if shows.sealed {
            self.tally.sealed();
        }
        if shows.choices.iter().any(|c| c.finish.is_some()) {
            self.hold(frame, shows, edits, out);
            // A server that finishes again and again must not fill our memory.
            return if self.held.len() > EVENT_BYTES_MAX { Err(StreamFault::TooLong) } else { Ok(()) };
        }
        edits.sort();
        let written = edits.apply_within(frame, 0, frame.len());
        out.extend_from_slice(&written);
        if let Some((text, shown)) = shows.only.filter(|_| usage.is_none()) {
            let mut texts = vec![text];
            texts.extend(top.padding);
            texts.sort_unstable();
            // The first text is the one that counts; padding before it would be counted instead.
            if texts[0] == text {
                self.templates.learn(frame, &texts, &edits, shown);
            }
        }
        Ok(())
    }

    /// A frame with a finish is the first of the terminal group. What it carries beside goes out at once.
    fn hold(&mut self, frame: &[u8], shows: &Shows, mut edits: Edits, out: &mut BytesMut) {
        let carries = shows.choices.iter().any(|c| c.carries);
        if carries {
            let mut now = edits.clone();
            for choice in &shows.choices {
                if let Some(finish) = choice.finish {
                    now.replace(finish, &b"null"[..]);
                }
                if let Some(delta) = choice.delta {
                    edits.clear_within(delta);
                    edits.replace(delta, &b"{}"[..]);
                }
            }
            out.extend_from_slice(&now.apply(frame));
        }
        for choice in &shows.choices {
            let Some(finish) = choice.finish else {
                continue;
            };
            if !self.finished.contains(&choice.index) {
                self.finished.push(choice.index);
            }
            self.tally.stopped(self.stop(&word(frame, finish)));
        }
        self.held.extend_from_slice(&edits.apply(frame));
    }

    fn stop(&self, word: &str) -> Stop {
        let mut stop = stop::read(word);
        if self.known.tools && stop.reason == StopReason::EndTurn {
            stop.reason = StopReason::ToolUse;
        }
        stop
    }

    pub fn seal(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        let reason = if self.known.tools { StopReason::ToolUse } else { StopReason::EndTurn };
        self.end(reason, usage, source, out);
    }

    pub fn cut_short(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        self.tally.stopped(Stop::new(StopReason::MaxTokens));
        self.end(StopReason::MaxTokens, usage, source, out);
    }

    /// Writes the terminal group; choices that have no finish yet get this one.
    fn end(&mut self, reason: StopReason, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        out.extend_from_slice(&self.held);
        self.held.clear();
        if self.known.choices.is_empty() {
            self.pen.role(0, out);
            self.known.choices.push(0);
        }
        for choice in &self.known.choices {
            if !self.finished.contains(choice) {
                self.pen.finish(*choice, stop::word(reason), out);
            }
        }
        if self.show_usage {
            let told = self.usage_text.as_deref();
            match told.filter(|_| source == UsageSource::Provider) {
                Some(text) => self.pen.usage_text(&super::answer::public_usage(text), out),
                None => self.pen.usage(usage, out),
            }
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        self.done = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::ReplyHead;
    use proptest::prelude::*;

    fn frame(text: &str, shape: u8) -> String {
        let text = serde_json::to_string(text).unwrap_or_default();
        let delta = match shape {
            0 => format!("{{\"content\":{text}}}"),
            1 => format!("{{\"reasoning_content\":{text}}}"),
            2 => format!("{{\"tool_calls\":[{{\"index\":0,\"function\":{{\"arguments\":{text}}}}}]}}"),
            3 => format!("{{\"tool_calls\":[{{\"function\":{{\"arguments\":{text}}}}}]}}"),
            4 => format!("{{\"content\":{text},\"role\":\"assistant\"}}"),
            _ => format!("{{\"content\":{text},\"reasoning\":{text}}}"),
        };
        format!(
            "data: {{\"model\":\"up\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}],\"x\":1,\"usage\":null,\"obfuscation\":{text},\"system_fingerprint\":{text}}}\n\n"
        )
    }

    fn pass(frames: &[String], learn: bool) -> (Vec<u8>, Tally) {
        let head = ReplyHead { id: "c-1".to_owned(), model: "pub".to_owned(), created: 1 };
        let mut stream = ChatStream::new(&StreamSpec::straight(Dialect::OpenAiChat, head, false, 1));
        let mut out = BytesMut::new();
        for frame in frames {
            stream.push(frame.as_bytes(), &mut out).expect("a good frame");
            if !learn {
                stream.templates = Templates::default();
            }
        }
        (out.to_vec(), stream.tally)
    }

    proptest! {
        /// A frame recognised by a template is written as the scanner would have written it.
        #[test]
        fn templates_write_what_the_scanner_writes(
            list in prop::collection::vec(("[a-z\"\\\\{}\n\u{e9}\u{6f22}]{0,6}", 0_u8..6), 1..20),
        ) {
            let frames: Vec<String> = list.iter().map(|(text, shape)| frame(text, *shape)).collect();
            prop_assert_eq!(pass(&frames, true), pass(&frames, false));
        }
    }
}
