//! A Chat Completions stream passed on. In: its frames. Out: what may go to the client now; the terminal group is held until
//! it is sealed. Never here: a built chunk; frames are spliced, or recognised by a template and copied (pass).

use super::choices::{Known, Shows, word};
use super::pass::{Counts, EventReader, Frame, Lesson, Passage, Way};
use super::top::{TopReader, UsageRule};
use super::usage;
use crate::codec::fail_plainly;
use crate::lane::{LaneStream, StreamFault, StreamSpec};
use crate::openai_chat::usage::ChatCounts;
use crate::openai_chat::{chunk, stop};
use crate::splice::Edits;
use crate::sse::EVENT_BYTES_MAX;
use bytes::BytesMut;
use canon::{Dialect, Fault, Stop, StopReason, Tally};
use units::{Usage, UsageSource};

/// A Chat stream on its way.
pub(crate) type ChatStream = Passage<ChatReader>;

/// Reads the chunks that no template knows.
#[derive(Debug)]
pub(crate) struct ChatReader {
    pen: chunk::Pen,
    show_usage: bool,
    known: Known,
    counts: ChatCounts,
    /// The newest usage object, if it may be shown.
    usage_text: Option<Vec<u8>>,
    held: Vec<u8>,
    finished: Vec<u64>,
    done: bool,
}

impl EventReader for ChatReader {
    const DIALECT: Dialect = Dialect::OpenAiChat;

    fn is_done(&self) -> bool {
        self.done
    }

    fn may_end(&self) -> bool {
        self.done || (!self.finished.is_empty() && self.finished.len() >= self.known.choices.len())
    }

    fn last_word(&mut self) {
        self.done = true;
    }

    fn read(&mut self, frame: &Frame<'_>, way: &mut Way<'_>) -> Result<(), StreamFault> {
        let json = &*frame.json;
        let mut edits = Edits::default();
        let top = TopReader {
            json,
            edits: &mut edits,
            known: &mut self.known,
            pen: &mut self.pen,
            usage: if self.show_usage { UsageRule::NullStays } else { UsageRule::Leaves },
            object: "\"chat.completion.chunk\"",
        }
        .read()?;
        let usage = top.usage_object(json);
        let shows = top.shows.as_ref().filter(|s| !s.choices.is_empty());
        if let Some(shows) = shows {
            way.tally.text(shows.text);
            way.tally.reasoning(shows.reasoning);
            way.tally.other(shows.other);
        }
        // A report tells of what stands in the same chunk, too.
        if let Some(usage) = usage {
            self.reported(usage, way.tally);
        }
        let Some(shows) = shows else { return Ok(()) };
        if shows.sealed {
            way.tally.sealed();
        }
        if shows.choices.iter().any(|c| c.finish.is_some()) {
            self.hold(frame, shows, edits, way);
            // A server that finishes again and again must not fill our memory.
            return if self.held.len() > EVENT_BYTES_MAX { Err(StreamFault::TooLong) } else { Ok(()) };
        }
        frame.write("", &mut edits, way.out);
        self.known.went_out(shows);
        if self.known.renumbered {
            // A frame that was learned of one call may fit another under the same number.
            way.templates.clear();
        } else if let Some((text, shown)) = shows.only.filter(|_| usage.is_none()) {
            let mut texts = vec![text];
            texts.extend(top.padding);
            texts.sort_unstable();
            // The first text is the one that counts; padding before it would be counted instead.
            if texts[0] == text {
                frame.teach(
                    "",
                    &Lesson {
                        texts: &texts,
                        edits: &edits,
                        shown,
                        number: None,
                        tag: 0,
                        counts: Counts::default(),
                    },
                    way.templates,
                );
            }
        }
        Ok(())
    }
}

impl ChatReader {
    fn reported(&mut self, usage: &[u8], tally: &mut Tally) {
        self.counts.take(usage);
        tally.report(&self.counts.usage());
        if self.show_usage {
            let mut edits = Edits::default();
            let plain = usage::clean(usage, 0, &usage::CHAT, &mut edits);
            // What is charged is what is shown: a report that says less than those before it is written anew.
            let mut alone = ChatCounts::default();
            alone.take(usage);
            let whole = alone.usage() == self.counts.usage();
            self.usage_text = (plain && whole).then(|| edits.apply(usage));
        }
    }

    /// A frame with a finish is the first of the terminal group. What it carries beside goes out at once; who finishes again
    /// is not heard.
    fn hold(&mut self, frame: &Frame<'_>, shows: &Shows, mut edits: Edits, way: &mut Way<'_>) {
        let carries = shows.choices.iter().any(|c| c.carries);
        if carries {
            let mut now = edits.clone();
            for choice in &shows.choices {
                if let Some(finish) = choice.finish {
                    now.clear_within(finish);
                    now.replace(finish, &b"null"[..]);
                }
                if let Some(delta) = choice.delta {
                    edits.clear_within(delta);
                    edits.replace(delta, &b"{}"[..]);
                }
            }
            frame.write("", &mut now, way.out);
            self.known.went_out(shows);
        }
        let before = self.finished.len();
        for choice in &shows.choices {
            let Some(finish) = choice.finish.filter(|_| !self.finished.contains(&choice.index)) else {
                continue;
            };
            self.finished.push(choice.index);
            way.tally.stopped(self.stop(&word(&frame.json, finish)));
        }
        if self.finished.len() > before {
            frame.write("", &mut edits, &mut self.held);
        }
    }

    fn stop(&self, word: &str) -> Stop {
        let mut stop = stop::read(word);
        stop.reason = stop.reason.with_calls(self.known.tools);
        stop
    }
}

impl LaneStream for ChatStream {
    fn push(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        self.take(bytes, out)
    }

    fn finish(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        self.ended(out)
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn is_complete(&self) -> bool {
        // A report behind the finish may be followed by a fuller one: only the last word ends it.
        self.reader.done
    }

    fn seal(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        let reason = StopReason::EndTurn.with_calls(self.reader.known.tools);
        self.end(reason, usage, source, out);
    }

    fn cut_short(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        self.tally.stopped(Stop::new(StopReason::MaxTokens));
        self.end(StopReason::MaxTokens, usage, source, out);
    }

    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        fail_plainly(Dialect::OpenAiChat, fault, request_id, out);
    }
}

impl ChatStream {
    /// A stream that has not begun.
    pub fn new(spec: &StreamSpec) -> Self {
        Self::of(ChatReader {
            pen: chunk::Pen::new(&spec.head),
            show_usage: spec.show_usage,
            known: Known::of_stream(spec.head.call_stem()),
            counts: ChatCounts::default(),
            usage_text: None,
            held: Vec::new(),
            finished: Vec::new(),
            done: false,
        })
    }

    /// Writes the terminal group; choices that have no finish yet get this one.
    fn end(&mut self, reason: StopReason, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        let reader = &mut self.reader;
        if reader.known.choices.is_empty() {
            reader.known.choices.push(0);
        }
        for choice in reader.known.choices.iter().filter(|choice| !reader.known.has_role(**choice)) {
            reader.pen.role(*choice, out);
        }
        out.extend_from_slice(&reader.held);
        reader.held.clear();
        for choice in &reader.known.choices {
            if !reader.finished.contains(choice) {
                reader.pen.finish(*choice, stop::word(reason), out);
            }
        }
        if reader.show_usage {
            let told = reader.usage_text.as_deref();
            match told.filter(|_| source == UsageSource::Provider) {
                Some(text) => reader.pen.usage_text(text, out),
                None => reader.pen.usage(usage, out),
            }
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        reader.done = true;
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
        let head = ReplyHead { id: "c-1".to_owned(), model: "pub".to_owned(), created: 1, ended: None };
        let mut stream = ChatStream::new(&StreamSpec::straight(Dialect::OpenAiChat, head, false, 1));
        let mut out = BytesMut::new();
        for frame in frames {
            stream.push(frame.as_bytes(), &mut out).expect("a good frame");
            if !learn {
                stream.forget();
            }
        }
        (out.to_vec(), stream.tally().clone())
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
