//! An answer that is not streamed, passed on. In: the upstream's body, which is valid UTF-8. Out: the same body with our id
//! and model, and without what is not ours to tell. Never here: a re-serialised answer.

use super::choices::{Known, Shows, word};
use super::counted::{Counts, counted};
use super::item::read_item;
use super::message::MessageReader;
use super::response::{self, ResponseReader};
use super::response_items::made_id;
use super::top::{TopReader, UsageRule};
use super::usage::{self, anew};
use crate::anthropic::usage::MessageCounts;
use crate::json::{Items, Member, Span, blank};
use crate::lane::{ReplyHead, StreamFault};
use crate::openai_chat::chunk::Pen;
use crate::openai_chat::stop;
use crate::openai_chat::usage::{ChatCounts, write};
use crate::openai_responses::echo::Echo;
use crate::openai_responses::usage::ResponseCounts;
use crate::splice::Edits;
use crate::{anthropic, openai_responses};
use bytes::Bytes;
use canon::{StopReason, Tally};
use units::{Usage, UsageSource};

/// An answer read once; the splice waits for the charge.
#[derive(Debug)]
pub(crate) struct StraightAnswer {
    pub(super) body: Bytes,
    pub(super) edits: Edits,
    /// Where the usage stands; without one it is inserted after the last member.
    pub(super) usage: Option<Span>,
    /// What leaves the usage before it is shown as the upstream wrote it; without this it is not fit to be.
    pub(super) clean: Option<Edits>,
    pub(super) last: usize,
    pub tally: Tally,
    pub(super) write: fn(&Usage, &mut Vec<u8>),
}

impl StraightAnswer {
    /// The body for the client. The upstream's own usage stays where it is the truth.
    pub fn seal(mut self, usage: &Usage, source: UsageSource) -> Bytes {
        let ours = |start| anew(start, usage, self.write);
        match (self.usage, self.clean) {
            (Some(_), Some(clean)) if source == UsageSource::Provider => self.edits.join(clean),
            (Some(span), _) => self.edits.replace(span, ours(b"")),
            (None, _) => self.edits.insert(self.last, ours(b",\"usage\":")),
        }
        Bytes::from(self.edits.apply(&self.body))
    }
}

/// The edits that make the usage object at `at` fit to be shown, if there are any that do.
pub(super) fn cleaned(body: &[u8], at: usize, rules: &usage::Rules) -> Option<Edits> {
    let mut edits = Edits::default();
    usage::clean(body, at, rules, &mut edits).then_some(edits)
}

/// Tells the tally what the usage counts. Gives the edits that make it fit to be shown, if there are any that do.
fn report<C: Counts>(body: &[u8], usage: Option<Member>, tally: &mut Tally) -> Option<Edits> {
    let usage = usage?;
    let (counts, clean) = counted::<C>(body, usage.value.0, usage.text(body));
    tally.report(&counts.usage());
    clean
}

/// Reads a Chat answer.
pub(crate) fn read_chat(body: &Bytes, head: &ReplyHead) -> Result<StraightAnswer, StreamFault> {
    let mut edits = Edits::default();
    let top = TopReader {
        json: body,
        edits: &mut edits,
        known: &mut Known::of_answer(head.call_stem()),
        pen: &mut Pen::new(head),
        usage: UsageRule::Stays,
        object: "\"chat.completion\"",
    }
    .read()?;
    let shows = top.shows.as_ref().filter(|c| !c.choices.is_empty());
    let mut tally = tally_of(body, shows.ok_or(StreamFault::Garbage)?);
    let clean = report::<ChatCounts>(body, top.usage, &mut tally);
    let usage = top.usage.map(|m| m.value);
    Ok(StraightAnswer { body: body.clone(), edits, usage, clean, last: top.last, tally, write })
}

/// Reads a Messages answer.
pub(crate) fn read_messages(body: &Bytes, head: &ReplyHead) -> Result<StraightAnswer, StreamFault> {
    let mut edits = Edits::default();
    let mut tally = Tally::default();
    let message = MessageReader { json: body, head, edits: &mut edits, whole: true }.read(blank(body, 0))?;
    if blank(body, message.closed.end) < body.len() {
        return Err(StreamFault::Garbage);
    }
    for block in &message.blocks {
        block.tell(&mut tally);
    }
    let clean = report::<MessageCounts>(body, message.usage, &mut tally);
    if let Some(stop) = message.stop {
        tally.stopped(stop);
    }
    Ok(StraightAnswer {
        body: body.clone(),
        edits,
        usage: message.usage.map(|m| m.value),
        clean,
        last: message.closed.last,
        tally,
        write: anthropic::usage::write,
    })
}

/// Reads a Responses answer.
pub(crate) fn read_responses(body: &Bytes, head: &ReplyHead, echo: &Echo) -> Result<StraightAnswer, StreamFault> {
    let mut edits = Edits::default();
    let reader = ResponseReader { json: body, head, echo, edits: &mut edits, status: None, items: None };
    let found = reader.read(blank(body, 0), 0)?;
    if blank(body, found.closed.end) < body.len() {
        return Err(StreamFault::Garbage);
    }
    match &*found.status {
        "failed" | "cancelled" => return Err(response::failed(body)),
        "in_progress" | "queued" => return Err(StreamFault::Garbage),
        _ => {}
    }
    let mut tally = Tally::default();
    let (mut called, mut refused, mut n) = (false, false, 0);
    let mut items = Items::new(body, found.output.ok_or(StreamFault::Garbage)?.value.0, 1)?;
    while let Some((start, _)) = items.next()? {
        let as_is = read_item(body, start, 2, None, &mut Edits::default())?;
        let made = made_id(&as_is, head.id_stem(), n);
        let id = if as_is.id.is_empty() { &made } else { &as_is.id };
        let item = read_item(body, start, 2, Some(id), &mut edits)?;
        item.tell_name(&mut tally);
        item.tell(body, false, &mut tally);
        called |= item.is_call();
        refused |= item.is_refusal();
        n += 1;
    }
    let clean = report::<ResponseCounts>(body, found.usage, &mut tally);
    let status = if found.status.is_empty() { "completed" } else { &found.status };
    let mut stop = openai_responses::stop::read(status, found.reason.as_deref());
    stop.reason = stop.reason.with_calls(called);
    if stop.reason == StopReason::EndTurn && refused {
        stop.reason = StopReason::Refusal;
    }
    tally.stopped(stop);
    Ok(StraightAnswer {
        body: body.clone(),
        edits,
        usage: found.usage.map(|member| member.value),
        clean,
        last: found.closed.last,
        tally,
        write: openai_responses::usage::write,
    })
}

fn tally_of(body: &[u8], shows: &Shows) -> Tally {
    let mut tally = Tally::default();
    tally.text(shows.text);
    tally.reasoning(shows.reasoning);
    tally.other(shows.other);
    if shows.sealed {
        tally.sealed();
    }
    for choice in &shows.choices {
        let finish = choice.finish.map_or_else(String::new, |f| word(body, f));
        let mut stop = stop::read(&finish);
        stop.reason = stop.reason.with_calls(shows.tools);
        tally.stopped(stop);
    }
    tally
}
