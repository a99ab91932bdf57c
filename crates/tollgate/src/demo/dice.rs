//! Lots that fall the same for the same seed. In: a seed, a place. Out: numbers. Never here: chance for keys and passwords, which is
//! the machine's (wiring).

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One row of throws.
pub struct Dice(ChaCha20Rng);

impl Dice {
    /// The throws of a place: another place has others, and none changes with how many were made elsewhere.
    pub fn new(seed: u64, place: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&place.to_le_bytes());
        Self(ChaCha20Rng::from_seed(bytes))
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        let span = most.saturating_sub(least).saturating_add(1).max(1);
        least.saturating_add(self.0.next_u64() % span)
    }

    /// The same with small ones more often than large ones, as sizes and times are.
    pub fn mostly_small(&mut self, least: u64, most: u64) -> u64 {
        let (a, b) = (self.between(least, most), self.between(least, most));
        let c = self.between(least, most);
        a.min(b).min(c)
    }

    /// Whether something happens that does so in so many of a thousand cases.
    pub fn one_of(&mut self, per_mille: u64) -> bool {
        self.between(0, 999) < per_mille
    }

    /// One of these, each as likely as its weight; nothing where none has one.
    pub fn weighted<'a, T>(&mut self, all: &'a [(T, u64)]) -> Option<&'a T> {
        let sum = all.iter().fold(0_u64, |sum, (_, weight)| sum.saturating_add(*weight));
        let mut left = self.between(0, sum.checked_sub(1)?);
        for (one, weight) in all {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return Some(one),
            }
        }
        None
    }

    /// Ten bytes, for an id.
    pub fn ten(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_are_those_of_their_place() {
        let row = |seed, place| {
            let mut dice = Dice::new(seed, place);
            (0..8).map(|_| dice.between(0, 1_000_000)).collect::<Vec<u64>>()
        };
        assert_eq!(row(1, 2), row(1, 2));
        assert_ne!(row(1, 2), row(1, 3));
        assert_ne!(row(1, 2), row(2, 2));
    }

    #[test]
    fn throws_keep_their_bounds_and_weights() {
        let mut dice = Dice::new(7, 7);
        let mut seen = [0_u32; 3];
        for _ in 0..3_000 {
            assert!((5..=9).contains(&dice.between(5, 9)));
            assert!((5..=9).contains(&dice.mostly_small(5, 9)));
            if let Some(n) = dice.weighted(&[(0_usize, 9), (1, 1), (2, 0)]) {
                seen[*n] += 1;
            }
        }
        assert!(seen[0] > 2_500 && seen[1] > 200 && seen[2] == 0, "{seen:?}");
        assert_eq!(dice.between(4, 4), 4);
        assert_eq!(dice.weighted::<u8>(&[]), None);
        assert!(!dice.one_of(0) && dice.one_of(1_000));
    }
}
