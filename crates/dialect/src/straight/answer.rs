//! An answer that is not streamed, passed on. In: the upstream's body. Out: the same body with our id and model.
//! Never here: a re-serialised answer.

use super::choices::{Known, Shows, word};
use super::top::TopReader;
use crate::json::{Members, blank};
use crate::lane::{ReplyHead, StreamFault};
use crate::openai_chat::chunk::Pen;
use crate::openai_chat::stop;
use crate::openai_chat::usage::{ChatCounts, write};
use crate::splice::Edits;
use bytes::Bytes;
use canon::{StopReason, Tally};
use units::{Usage, UsageSource};

/// An answer read once; the splice waits for the charge.
#[derive(Debug)]
pub(crate) struct StraightAnswer {
    pub body: Vec<u8>,
    /// Where the usage object stands in `body`, or where it is to be inserted.
    pub usage: UsageSlot,
    pub tally: Tally,
    pub write: fn(&Usage, &mut Vec<u8>),
}

/// Where the usage goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UsageSlot {
    At(usize, usize),
    After(usize),
}

impl StraightAnswer {
    /// The body for the client. The upstream's own usage stays where it is the truth.
    pub fn seal(self, usage: &Usage, source: UsageSource) -> Bytes {
        let mut text = Vec::new();
        (self.write)(usage, &mut text);
        let mut edits = Edits::default();
        match self.usage {
            UsageSlot::At(..) if source == UsageSource::Provider => {}
            UsageSlot::At(from, to) => edits.replace((from, to), text),
            UsageSlot::After(at) => {
                edits.insert(at, [&b",\"usage\":"[..], &text].concat());
            }
        }
        if edits.is_empty() {
            return Bytes::from(self.body);
        }
        Bytes::from(edits.apply(&self.body))
    }
}

/// A usage object without what tells about our bill.
pub(super) fn public_usage(text: &[u8]) -> Vec<u8> {
    let mut edits = Edits::default();
    let mut gone = Vec::new();
    if let Ok(mut members) = Members::new(text, 0, 1) {
        while let Ok(Some(member)) = members.next() {
            if matches!(&*member.name(text), b"cost" | b"cost_details" | b"is_byok") {
                gone.push(member);
            }
        }
    }
    edits.remove(text, &mut gone);
    edits.apply(text)
}

/// Reads a Chat answer.
pub(crate) fn read_chat(body: &[u8], head: &ReplyHead) -> Result<StraightAnswer, StreamFault> {
    let mut edits = Edits::default();
    let mut known = Known::default();
    let top = TopReader {
        frame: body,
        start: blank(body, 0),
        edits: &mut edits,
        known: &mut known,
        pen: &mut Pen::new(head),
        null_usage: false,
        object: "\"chat.completion\"",
    }
    .read()?;
    let shows = top.shows.as_ref().filter(|c| !c.choices.is_empty());
    let mut tally = tally_of(body, shows.ok_or(StreamFault::Garbage)?);
    let mut counts = ChatCounts::default();
    if let Some(usage) = top.usage {
        counts.take(usage);
        tally.report(&counts.usage());
    }
    let mut out = edits.apply(body);
    let end = memchr::memrchr(b'}', &out).unwrap_or(0);
    let mut slot = UsageSlot::After(end);
    if let Some(usage) = top.usage {
        let text = public_usage(usage);
        let mut member = b",\"usage\":".to_vec();
        let from = end + member.len();
        slot = UsageSlot::At(from, from + text.len());
        member.extend(text);
        out.splice(end..end, member);
    }
    Ok(StraightAnswer { body: out, usage: slot, tally, write })
}

fn tally_of(body: &[u8], shows: &Shows) -> Tally {
    let mut tally = Tally::default();
    tally.text(shows.text);
    tally.reasoning(shows.reasoning);
    if shows.sealed {
        tally.sealed();
    }
    for choice in &shows.choices {
        let finish = choice.finish.map_or_else(String::new, |f| word(body, f));
        let mut stop = stop::read(&finish);
        if shows.tools && matches!(stop.reason, StopReason::EndTurn | StopReason::Other) {
            stop.reason = StopReason::ToolUse;
        }
        tally.stopped(stop);
    }
    tally
}
