//! Puts blocks of an answer one behind the other. In: blocks by key, as an upstream interleaves them. Out: events whose
//! blocks never overlap. The first open block streams; others wait until it stops. Never here: bytes of a dialect.

use crate::lane::StreamFault;
use canon::{Event, Head, Piece};
use std::collections::VecDeque;

/// What may wait behind an open block, over all blocks.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A block behind the open one.
#[derive(Debug)]
struct Waiting {
    key: u64,
    head: Head,
    pieces: Vec<Piece>,
    closed: bool,
}

/// See the caption.
#[derive(Debug, Default)]
pub(crate) struct Order {
    open: Option<u64>,
    waiting: VecDeque<Waiting>,
    held: usize,
}

impl Order {
    /// A block begins.
    pub fn open(&mut self, key: u64, head: Head, out: &mut Vec<Event>) {
        if self.open.is_none() {
            self.open = Some(key);
            out.push(Event::Open(head));
            return;
        }
        self.waiting.push_back(Waiting { key, head, pieces: Vec::new(), closed: false });
    }

    /// More of a block. What belongs to no block is nobody's.
    pub fn more(&mut self, key: u64, piece: Piece, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if self.open == Some(key) {
            out.push(Event::More(piece));
            return Ok(());
        }
        let Some(waiting) = self.waiting.iter_mut().find(|w| w.key == key) else {
            return Ok(());
        };
        self.held += match &piece {
            Piece::Text(text) | Piece::Signature(text) | Piece::Arguments(text) => text.len(),
        };
        if self.held > WAITING_BYTES_MAX {
            return Err(StreamFault::TooLong);
        }
        waiting.pieces.push(piece);
        Ok(())
    }

    /// A block ends; those that waited follow.
    pub fn close(&mut self, key: u64, out: &mut Vec<Event>) {
        if self.open != Some(key) {
            if let Some(waiting) = self.waiting.iter_mut().find(|w| w.key == key) {
                waiting.closed = true;
            }
            return;
        }
        out.push(Event::Close);
        self.open = None;
        while let Some(next) = self.waiting.pop_front() {
            out.push(Event::Open(next.head));
            out.extend(next.pieces.into_iter().map(Event::More));
            if !next.closed {
                self.open = Some(next.key);
                return;
            }
            out.push(Event::Close);
        }
        self.held = 0;
    }

    /// Ends every block.
    pub fn end(&mut self, out: &mut Vec<Event>) {
        while let Some(key) = self.open {
            self.close(key, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_each_other() {
        let mut order = Order::default();
        let mut out = Vec::new();
        let text = |t: &str| Piece::Text(t.to_owned());
        order.open(1, Head::Text, &mut out);
        order.open(2, Head::Thinking, &mut out);
        order.more(2, text("b"), &mut out).unwrap();
        order.more(1, text("a"), &mut out).unwrap();
        order.close(2, &mut out);
        order.open(3, Head::Refusal, &mut out);
        order.close(1, &mut out);
        order.more(3, text("c"), &mut out).unwrap();
        order.more(9, text("nobody's"), &mut out).unwrap();
        order.end(&mut out);
        assert_eq!(
            out,
            [
                Event::Open(Head::Text),
                Event::More(text("a")),
                Event::Close,
                Event::Open(Head::Thinking),
                Event::More(text("b")),
                Event::Close,
                Event::Open(Head::Refusal),
                Event::More(text("c")),
                Event::Close,
            ]
        );
    }
}
