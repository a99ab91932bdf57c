//! How many tokens a piece has: neighbours that make a token together become one, the lowest rank first, of the same rank the first.
//! In: a piece, a table. Out: a number of tokens. Never here: how a text falls into pieces.

mod long;
mod ranks;

use crate::table::{Rank, Table};

/// Pieces of so many bytes at most are merged on the stack. They are most, and looking through so few ranks is quicker than
/// keeping them in order.
const SHORT: usize = 64;

/// Counts the tokens of a piece.
pub(crate) fn count(table: &Table, piece: &[u8]) -> usize {
    // No table of the two has a token that its own merging would not make.
    if table.rank(piece) == Rank::NONE { merged(table, piece) } else { 1 }
}

fn merged(table: &Table, piece: &[u8]) -> usize {
    if piece.len() <= SHORT { short(table, piece) } else { long::count(table, piece) }
}

fn short(table: &Table, piece: &[u8]) -> usize {
    // Where parts begin and end, and the rank of each with the next.
    let mut borders: [usize; SHORT + 1] = std::array::from_fn(|n| n);
    let mut ranks = [Rank::NONE; SHORT];
    for (rank, pair) in ranks.iter_mut().zip(table.pairs(piece)) {
        *rank = pair;
    }
    let mut parts = piece.len();
    while parts > 1 {
        let mut lowest = Rank::NONE;
        let mut at = 0;
        for (n, rank) in ranks[..parts - 1].iter().enumerate() {
            if *rank < lowest {
                (lowest, at) = (*rank, n);
            }
        }
        if lowest == Rank::NONE {
            break;
        }
        borders.copy_within(at + 2..=parts, at + 1);
        ranks.copy_within(at + 1..parts, at);
        parts -= 1;
        if at + 1 < parts {
            ranks[at] = table.rank(&piece[borders[at]..borders[at + 2]]);
        }
        if at > 0 {
            ranks[at - 1] = table.rank(&piece[borders[at - 1]..borders[at + 1]]);
        }
    }
    parts
}

#[cfg(test)]
mod tests;
