//! What an answer has used and shown so far. In: observations beside the encoder. Out: merged usage, visible bytes, the stop.
//! Never here: prices, tokenizers, a decision about money.

use crate::Stop;
use units::{Class, Usage};

/// Watches an answer as it passes; the ledger's side of the relay reads it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Tally {
    usage: Usage,
    text_bytes: u64,
    reasoning_bytes: u64,
    other_bytes: u64,
    /// `text_bytes` when the answer's tokens were last reported.
    reported_at: u64,
    semantic: bool,
    sealed_reasoning: bool,
    stop: Option<Stop>,
}

impl Tally {
    /// What the upstream reported, the newest report of each class. Empty when it reported nothing.
    pub const fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Bytes of visible output: text, shown reasoning, refusals, tool names and arguments, escapes undone.
    pub const fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// Bytes of what passed beside the output and may have been written by the model all the same: members and kinds that
    /// nobody here knows. An upper bound counts them, an estimate does not.
    pub const fn other_bytes(&self) -> u64 {
        self.other_bytes
    }

    /// Bytes of visible output that passed behind the last report of the answer's tokens.
    pub const fn unreported_bytes(&self) -> u64 {
        self.text_bytes.saturating_sub(self.reported_at)
    }

    /// The part of `text_bytes` that is shown reasoning.
    pub const fn reasoning_bytes(&self) -> u64 {
        self.reasoning_bytes
    }

    /// Whether a first byte that means something was seen: from then on there is no failover.
    pub const fn semantic(&self) -> bool {
        self.semantic
    }

    /// How the answer ended, once it is known.
    pub const fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// Whether output was billed that the stream did not show: sealed or redacted reasoning, or reasoning
    /// tokens without any reasoning text. Then bytes say nothing about tokens.
    pub fn hidden_reasoning(&self) -> bool {
        self.sealed_reasoning || (self.usage.count(Class::Reasoning) > 0 && self.reasoning_bytes == 0)
    }

    /// Visible output passed. Naming a tool counts with its name, so a call without arguments is semantic.
    pub const fn text(&mut self, bytes: usize) {
        if bytes > 0 {
            self.semantic = true;
            self.text_bytes = self.text_bytes.saturating_add(bytes as u64);
        }
    }

    /// Visible reasoning passed.
    pub const fn reasoning(&mut self, bytes: usize) {
        self.text(bytes);
        self.reasoning_bytes = self.reasoning_bytes.saturating_add(bytes as u64);
    }

    /// Something passed that is no text of the answer.
    pub const fn other(&mut self, bytes: usize) {
        if bytes > 0 {
            self.semantic = true;
            self.other_bytes = self.other_bytes.saturating_add(bytes as u64);
        }
    }

    /// Reasoning passed that cannot be read (a signature without text, an encrypted block).
    pub const fn sealed(&mut self) {
        self.semantic = true;
        self.sealed_reasoning = true;
    }

    /// A usage report came. Reports are cumulative: they replace, they never add.
    pub fn report(&mut self, usage: &Usage) {
        if usage.iter().any(|(class, _)| class.is_answer()) {
            self.reported_at = self.text_bytes;
        }
        self.usage.merge(usage);
    }

    /// The end is known.
    pub fn stopped(&mut self, stop: Stop) {
        self.stop = Some(stop);
    }
}
