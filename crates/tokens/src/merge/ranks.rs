//! The ranks of pairs, of which the lowest is always known. In: the rank of a pair, whenever it changes. Out: the pair to merge next.
//! A change and a question take as many steps as the number of pairs has binary digits. Never here: bytes, what a pair is made of.

use crate::table::Rank;

/// A cup: each pair has a leaf, and of every two the lower goes on to the next round.
pub(super) struct Ranks {
    /// From 1, which is the winner; two are those of `n` at `2n` and `2n + 1`. The leaves are the last half.
    rounds: Vec<Rank>,
}

impl Ranks {
    pub(super) fn new(pairs: impl Iterator<Item = Rank>, count: usize) -> Self {
        let leaves = count.next_power_of_two();
        let mut rounds = Vec::with_capacity(2 * leaves);
        rounds.resize(leaves, Rank::NONE);
        rounds.extend(pairs.take(leaves));
        rounds.resize(2 * leaves, Rank::NONE);
        for n in (1..leaves).rev() {
            rounds[n] = rounds[2 * n].min(rounds[2 * n + 1]);
        }
        Self { rounds }
    }

    /// Changes the rank of a pair.
    pub(super) fn set(&mut self, pair: usize, rank: Rank) {
        let mut n = self.rounds.len() / 2 + pair;
        let mut lower = rank;
        // Where a round ends as before, so do those after it.
        while n > 0 && self.rounds[n] != lower {
            self.rounds[n] = lower;
            lower = lower.min(self.rounds[n ^ 1]);
            n /= 2;
        }
    }

    /// The first pair of those with the lowest rank, if any can be merged.
    pub(super) fn lowest(&self) -> Option<usize> {
        let winner = *self.rounds.get(1).filter(|rank| **rank != Rank::NONE)?;
        let leaves = self.rounds.len() / 2;
        let mut n = 1;
        while n < leaves {
            n = 2 * n + usize::from(self.rounds[2 * n] != winner);
        }
        Some(n - leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;
    use proptest::prelude::*;

    proptest! {
        /// The same as looking through all of them, after any changes.
        #[test]
        fn the_lowest_is_the_first_of_the_lowest(
            first in prop::collection::vec(0_u32..9, 1..40),
            changes in prop::collection::vec((0_usize..40, 0_u32..9), 0..80),
        ) {
            // Eight tokens, and a rank that is none.
            let table = Table::new(b"\x01a\x01b\x01c\x01d\x01e\x01f\x01g\x01h");
            let rank = |n: u32| table.bytes(n).map_or(Rank::NONE, |token| table.rank(token));
            let mut all: Vec<Rank> = first.iter().map(|n| rank(*n)).collect();
            let mut ranks = Ranks::new(all.iter().copied(), all.len());
            for (pair, n) in changes {
                let pair = pair % all.len();
                all[pair] = rank(n);
                ranks.set(pair, rank(n));
                let lowest = all.iter().filter(|rank| **rank != Rank::NONE).min();
                prop_assert_eq!(ranks.lowest(), lowest.and_then(|low| all.iter().position(|rank| rank == low)));
            }
        }
    }
}
