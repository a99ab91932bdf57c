//! The tokens of a vocabulary. In: the file that the build script made. Out: a token's rank by its bytes, its bytes by its number.
//! Never here: a text, what is merged with what.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};

/// How early a token is made of its parts: the lower, the earlier. It is the token's place in the file, as tokens stand there in
/// the order of their numbers, which is the order in which they were learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u32);

impl Rank {
    /// That of bytes which are no token, after every other.
    pub(crate) const NONE: Self = Self(u32::MAX);
}

/// Every token, twice: in the file, and to be found by its bytes.
pub(crate) struct Table {
    file: &'static [u8],
    /// Each token, by its number.
    tokens: Vec<Rank>,
    /// Each token, by its bytes. These are in the file alone, so that a token takes five bytes here.
    by_bytes: HashTable<Rank>,
    /// Tokens of two bytes, by both: what every merging asks for first, and most often.
    pairs: Vec<Rank>,
    /// Bytes of the longest token.
    longest: usize,
}

impl Table {
    /// Reads a file: tokens, each behind one byte that is its length.
    pub(crate) fn new(file: &'static [u8]) -> Self {
        let mut tokens = Vec::new();
        let mut longest = 0;
        let mut place = 0;
        while let (Some(len), Ok(rank)) = (file.get(place), u32::try_from(place)) {
            tokens.push(Rank(rank));
            longest = longest.max(usize::from(*len));
            place += 1 + usize::from(*len);
        }
        let mut by_bytes = HashTable::with_capacity(tokens.len());
        let mut pairs = vec![Rank::NONE; 1 << 16];
        for rank in &tokens {
            let token = read(file, *rank);
            by_bytes.insert_unique(hash(token), *rank, |rank| hash(read(file, *rank)));
            if let [first, second] = *token {
                pairs[both(first, second)] = *rank;
            }
        }
        Self { file, tokens, by_bytes, pairs, longest }
    }

    /// The rank of the token that has these bytes.
    pub(crate) fn rank(&self, bytes: &[u8]) -> Rank {
        if bytes.len() > self.longest {
            return Rank::NONE;
        }
        let found = self.by_bytes.find(hash(bytes), |rank| read(self.file, *rank) == bytes);
        found.copied().unwrap_or(Rank::NONE)
    }

    /// The ranks of every two neighbours of these bytes.
    pub(crate) fn pairs(&self, bytes: &[u8]) -> impl Iterator<Item = Rank> {
        bytes
            .windows(2)
            .map(|pair| if let [first, second] = *pair { self.pairs[both(first, second)] } else { Rank::NONE })
    }

    /// The bytes of the token of this number.
    pub(crate) fn bytes(&self, number: u32) -> Option<&'static [u8]> {
        self.tokens.get(number as usize).map(|rank| read(self.file, *rank))
    }
}

/// The bytes of a token. No token is without bytes, and none is there where the file has none.
fn read(file: &'static [u8], rank: Rank) -> &'static [u8] {
    let token = file.get(rank.0 as usize..).and_then(<[u8]>::split_first);
    token.and_then(|(len, rest)| rest.get(..usize::from(*len))).unwrap_or(&[])
}

/// Nobody can fill the table but this crate: a hash that everybody can foretell does no harm.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

fn both(first: u8, second: u8) -> usize {
    usize::from(u16::from_be_bytes([first, second]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_by_bytes_and_number() {
        let table = Table::new(b"\x01a\x01b\x02ab\x03abb");
        assert_eq!([b"a" as &[u8], b"b", b"ab", b"abb"].map(|token| table.rank(token)), [0, 2, 4, 7].map(Rank));
        assert_eq!([b"" as &[u8], b"c", b"ba", b"abba"].map(|token| table.rank(token)), [Rank::NONE; 4]);
        assert_eq!(table.pairs(b"abba").collect::<Vec<_>>(), [Rank(4), Rank::NONE, Rank::NONE]);
        assert_eq!((0..5).filter_map(|n| table.bytes(n)).collect::<Vec<_>>(), [b"a" as &[u8], b"b", b"ab", b"abb"]);
        assert_eq!(table.bytes(u32::MAX), None);
    }
}
