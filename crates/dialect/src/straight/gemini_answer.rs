//! A Gemini answer that is not streamed, passed on. In: the upstream's body, which is valid UTF-8. Out: the same body with
//! our id and model, and without what is not ours to tell. Never here: a re-serialised answer.

use super::gemini::{Part, Top, TopReader, charge_usage};
use crate::gemini::frame::Pen;
use crate::gemini::usage::GeminiCounts;
use crate::lane::{ReplyHead, StreamFault};
use crate::splice::Edits;
use bytes::Bytes;
use canon::Tally;
use units::{Usage, UsageSource};

/// An answer read once; the splice waits for the charge.
#[derive(Debug)]
pub(crate) struct GeminiAnswer {
    body: Bytes,
    edits: Edits,
    top: Top,
    pub tally: Tally,
}

/// Reads an answer.
pub(crate) fn read_gemini(body: &Bytes, head: &ReplyHead) -> Result<GeminiAnswer, StreamFault> {
    let mut edits = Edits::default();
    let pen = Pen::new(head);
    let top = TopReader { json: body, edits: &mut edits, pen: &pen, part: Part::Whole }.read()?;
    if top.candidates.is_empty() && top.blocked.is_none() {
        return Err(StreamFault::Garbage);
    }
    let mut tally = Tally::default();
    top.tell(&mut tally);
    if let Some(member) = top.usage {
        let mut counts = GeminiCounts::default();
        counts.take(member.text(body));
        tally.report(&counts.usage());
    }
    if let Some(stop) = top.stop(top.called) {
        tally.stopped(stop);
    }
    Ok(GeminiAnswer { body: body.clone(), edits, top, tally })
}

impl GeminiAnswer {
    /// The body for the client. The upstream's own usage stays where it is the truth.
    pub fn seal(mut self, usage: &Usage, source: UsageSource) -> Bytes {
        let told = source == UsageSource::Provider;
        charge_usage(&self.body, &self.top, usage, told, &mut self.edits);
        Bytes::from(self.edits.apply(&self.body))
    }
}
