//! Long pieces, which honest texts hardly have: a megabyte of one letter is one. In: a piece, a table. Out: a number of tokens, in
//! time that grows with the length, and in little memory. Never here: an estimate.
//!
//! # Why windows are exact
//! A piece is merged in windows that overlap. Whether two tokens stay apart has to do with these two alone: as long as nothing is
//! merged across their borders, each comes about as if it were by itself, so that what would join them would join them anywhere. A
//! row of tokens is therefore the right one as soon as every two neighbours are neighbours somewhere in something that was
//! merged as a whole. If two windows have a token in common, the first up to this token and the second from it on are such a row.

use super::ranks::Ranks;
use crate::table::{Rank, Table};
use std::ops::Range;

/// What is merged at once, and how much of it the next window merges again. Twice the longest token, so that tokens that the
/// end of a window cut are few of those in the overlap.
const WINDOW_BYTES: usize = 2_048;
const OVERLAP_BYTES: usize = 256;

/// Counts the tokens of a piece.
pub(super) fn count(table: &Table, piece: &[u8]) -> usize {
    // Where windows never agree, which was not seen yet, all of it is one.
    in_windows(table, piece, WINDOW_BYTES, OVERLAP_BYTES)
        .unwrap_or_else(|| tokens(&borders(table, piece, 0..piece.len())))
}

/// Counts window by window, if each has a token in common with the next.
fn in_windows(table: &Table, piece: &[u8], window: usize, overlap: usize) -> Option<usize> {
    let mut to = piece.len().min(window);
    // The tokens from the last that was counted to the end of the window.
    let mut known = borders(table, piece, 0..to);
    let mut counted = 0;
    while to < piece.len() {
        let at = known.partition_point(|border| border + overlap <= to).checked_sub(1).filter(|at| *at > 0)?;
        let from = known[at];
        to = piece.len().min(from + window);
        let mut next = borders(table, piece, from..to);
        let (left, right) = in_common(&known[at..], &next)?;
        counted += at + left;
        known = next.split_off(right);
    }
    Some(counted + tokens(&known))
}

/// The first token of both: the place of its first border in each.
fn in_common(left: &[usize], right: &[usize]) -> Option<(usize, usize)> {
    left.windows(2).enumerate().find_map(|(n, token)| {
        let place = right.binary_search(&token[0]).ok()?;
        (right.get(place + 1) == token.get(1)).then_some((n, place))
    })
}

fn tokens(borders: &[usize]) -> usize {
    borders.len() - 1
}

/// Merges these bytes of a piece: where the tokens begin and end, one border more than there are tokens.
fn borders(table: &Table, piece: &[u8], range: Range<usize>) -> Vec<usize> {
    let base = range.start;
    let bytes = &piece[range];
    // The first byte of the part before each part, and of the one after it.
    let mut before: Vec<usize> = (0..bytes.len()).map(|n| n.saturating_sub(1)).collect();
    let mut after: Vec<usize> = (1..=bytes.len()).collect();
    let mut ranks = Ranks::new(table.pairs(bytes), bytes.len());
    while let Some(at) = ranks.lowest() {
        let gone = after[at];
        let next = after[gone];
        after[at] = next;
        ranks.set(gone, Rank::NONE);
        if let Some(end) = after.get(next) {
            before[next] = at;
            ranks.set(at, table.rank(&bytes[at..*end]));
        } else {
            ranks.set(at, Rank::NONE);
        }
        if at > 0 {
            let begin = before[at];
            ranks.set(begin, table.rank(&bytes[begin..next]));
        }
    }
    let starts = std::iter::successors(Some(0), |at| after.get(*at).copied());
    starts.map(|at| base + at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Of two pairs side by side the later comes first, so that the end decides how all before it is merged.
    const CHAIN: &[u8] = b"\x01a\x01b\x01c\x01d\x01e\x02de\x02cd\x02bc\x03abc\x04eabc";

    fn whole(table: &Table, text: &[u8]) -> usize {
        tokens(&borders(table, text, 0..text.len()))
    }

    #[test]
    fn windows_that_do_not_agree_do_not_count() {
        let table = Table::new(CHAIN);
        assert_eq!(borders(&table, b"abcd", 0..4), [0, 1, 2, 4]);
        assert_eq!(borders(&table, b"abcde", 0..5), [0, 3, 5]);
        assert_eq!(in_windows(&table, b"abcde", 4, 3), None);
        assert_eq!(in_windows(&table, b"abcde", 4, 4), None);
        assert_eq!(in_windows(&table, b"abcdaaaaaaa", 8, 3), Some(10));
    }

    proptest! {
        /// Whatever the windows, they count as the whole does or not at all.
        #[test]
        fn windows_count_as_the_whole(text in "[a-e]{1,80}", window in 16_usize..40, overlap in 4_usize..12) {
            let table = Table::new(CHAIN);
            let found = in_windows(&table, text.as_bytes(), window, overlap);
            prop_assert!(found.is_none_or(|count| count == whole(&table, text.as_bytes())), "{found:?}");
            // With enough in common they do count.
            prop_assert!(found.is_some() || overlap < 8);
        }
    }
}
