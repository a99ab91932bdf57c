//! An answer that is not streamed, passed on. In: the upstream's body. Out: the same body with our id and model.
//! Never here: a re-serialised answer.

use super::choices::{Known, Shows, word};
use super::message::{read_block, read_message};
use super::top::{TopReader, UsageRule};
use crate::anthropic::usage::MessageCounts;
use crate::anthropic::{self};
use crate::json::{Items, Members, blank, string_value};
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
    body: Bytes,
    edits: Edits,
    /// Where the usage stands; without one it is inserted after the last member.
    usage: Option<(usize, usize)>,
    /// Whether the usage is fit to be shown as the upstream wrote it.
    plain: bool,
    last: usize,
    pub tally: Tally,
    write: fn(&Usage, &mut Vec<u8>),
}

impl StraightAnswer {
    /// The body for the client. The upstream's own usage stays where it is the truth.
    pub fn seal(mut self, usage: &Usage, source: UsageSource) -> Bytes {
        let ours = |start: &[u8]| {
            let mut text = start.to_vec();
            (self.write)(usage, &mut text);
            text
        };
        match self.usage {
            Some((at, _)) if self.plain && source == UsageSource::Provider => {
                hide_costs(&self.body, at, &mut self.edits);
            }
            Some(span) => self.edits.replace(span, ours(b"")),
            None => self.edits.insert(self.last, ours(b",\"usage\":")),
        }
        Bytes::from(self.edits.apply(&self.body))
    }
}

/// What a usage object tells about our own bill goes.
fn hide_costs(text: &[u8], at: usize, edits: &mut Edits) {
    let mut gone = Vec::new();
    if let Ok(mut members) = Members::new(text, at, 1) {
        while let Ok(Some(member)) = members.next() {
            if matches!(&*member.name(text), b"cost" | b"cost_details" | b"is_byok") {
                gone.push(member);
            }
        }
    }
    edits.remove(text, &mut gone);
}

/// A usage object for clients.
pub(super) fn public_usage(text: &[u8]) -> Vec<u8> {
    let mut edits = Edits::default();
    hide_costs(text, 0, &mut edits);
    edits.apply(text)
}

/// Reads a Chat answer.
pub(crate) fn read_chat(body: &Bytes, head: &ReplyHead) -> Result<StraightAnswer, StreamFault> {
    let mut edits = Edits::default();
    let mut known = Known::default();
    let top = TopReader {
        frame: body,
        start: blank(body, 0),
        edits: &mut edits,
        known: &mut known,
        pen: &mut Pen::new(head),
        usage: UsageRule::Stays,
        object: "\"chat.completion\"",
    }
    .read()?;
    let shows = top.shows.as_ref().filter(|c| !c.choices.is_empty());
    let mut tally = tally_of(body, shows.ok_or(StreamFault::Garbage)?);
    let mut counts = ChatCounts::default();
    let mut plain = false;
    if let Some(usage) = top.usage_object(body) {
        plain = counts.take(usage);
        tally.report(&counts.usage());
    }
    Ok(StraightAnswer {
        body: body.clone(),
        edits,
        plain,
        usage: top.usage.map(|m| m.value),
        last: top.last,
        tally,
        write,
    })
}

/// Reads a Messages answer.
pub(crate) fn read_messages(body: &Bytes, head: &ReplyHead) -> Result<StraightAnswer, StreamFault> {
    let mut edits = Edits::default();
    let mut tally = Tally::default();
    let message = read_message(body, blank(body, 0), head, &mut edits)?;
    if blank(body, message.end) < body.len() {
        return Err(StreamFault::Garbage);
    }
    let content = message.content.ok_or(StreamFault::Garbage)?;
    let mut items = Items::new(body, content.0, 1)?;
    while let Some((at, _)) = items.next()? {
        read_block(body, at)?.tell(&mut tally);
    }
    let mut counts = MessageCounts::default();
    let mut plain = false;
    if let Some((from, to)) = message.usage {
        plain = counts.take(&body[from..to]);
        tally.report(&counts.usage());
    }
    let word = string_value(&body[message.stop.0..message.stop.1]);
    tally.stopped(anthropic::stop::read(&word.unwrap_or_default()));
    Ok(StraightAnswer {
        body: body.clone(),
        edits,
        plain,
        usage: message.usage,
        last: message.last,
        tally,
        write: anthropic::usage::write,
    })
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
