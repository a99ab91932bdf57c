//! An answer as it comes, in no dialect, and the whole answer as the fold of the same events. In: what a decoder saw. Out:
//! what an encoder writes. Blocks never overlap: the next starts when the last has stopped.
//! Never here: bytes of a dialect.

use crate::{Stop, Tally};
use units::Usage;

/// One step of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The answer begins.
    Start,
    /// A block begins.
    Open(Head),
    /// More of the open block.
    More(Piece),
    /// The open block ends.
    Close,
    /// What was used so far, cumulative.
    Usage(Usage),
    /// The answer ends.
    Stop(Stop),
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// Text.
    Text,
    /// A refusal.
    Refusal,
    /// Reasoning.
    Thinking,
    /// Reasoning that nobody may read.
    Redacted(String),
    /// A call.
    ToolCall {
        /// The call's id.
        id: String,
        /// The tool, under the name the client knows.
        name: String,
    },
}

/// More of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text, of text, refusals and reasoning.
    Text(String),
    /// The seal of reasoning.
    Signature(String),
    /// Arguments of a call.
    Arguments(String),
}

/// A block of a whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyBlock {
    /// What it is.
    pub head: Head,
    /// Its text, or the arguments of a call.
    pub text: String,
    /// The seal of reasoning.
    pub signature: Option<String>,
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Its blocks in order.
    pub blocks: Vec<ReplyBlock>,
    /// How it ended.
    pub stop: Option<Stop>,
}

impl Reply {
    /// Takes the next event.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Open(head) => self.blocks.push(ReplyBlock { head, text: String::new(), signature: None }),
            Event::More(piece) => {
                let Some(block) = self.blocks.last_mut() else {
                    return;
                };
                match piece {
                    Piece::Text(text) | Piece::Arguments(text) => block.text.push_str(&text),
                    Piece::Signature(seal) => block.signature = Some(seal),
                }
            }
            Event::Stop(stop) => self.stop = Some(stop),
            Event::Start | Event::Close | Event::Usage(_) => {}
        }
    }
}

impl Tally {
    /// Watches an event.
    pub fn observe(&mut self, event: &Event, open: Option<&Head>) {
        let thinking = matches!(open, Some(Head::Thinking));
        match event {
            Event::Open(Head::Redacted(_)) => self.sealed(),
            Event::Open(Head::ToolCall { name, .. }) => self.text(name.len()),
            Event::More(Piece::Text(text)) if thinking => self.reasoning(text.len()),
            Event::More(Piece::Text(text) | Piece::Arguments(text)) => self.text(text.len()),
            Event::Usage(usage) => self.report(usage),
            Event::Stop(stop) => self.stopped(stop.clone()),
            Event::Open(_) | Event::More(Piece::Signature(_)) | Event::Start | Event::Close => {}
        }
    }
}
