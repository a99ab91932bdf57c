//! Merging beside another implementation of it (bpe, which works with ready-made tables and no ranks).
//! Never here: texts (vocabulary/tests.rs).

use super::*;
use crate::table::Table;
use bpe_openai::Tokenizer as Oracle;
use proptest::prelude::*;
use std::sync::LazyLock;

static O200K: LazyLock<Table> = LazyLock::new(|| Table::new(include_bytes!(concat!(env!("OUT_DIR"), "/o200k"))));
static CL100K: LazyLock<Table> = LazyLock::new(|| Table::new(include_bytes!(concat!(env!("OUT_DIR"), "/cl100k"))));

fn both() -> [(&'static Table, &'static Oracle); 2] {
    [(&O200K, bpe_openai::o200k_base()), (&CL100K, bpe_openai::cl100k_base())]
}

/// Every token is there, under its number, and is what its own bytes are merged to: so a piece that is a token need not be merged.
#[test]
fn every_token_is_merged_to_itself() {
    for (table, oracle) in both() {
        let count = u32::try_from(oracle.bpe.num_tokens()).unwrap();
        for number in 0..count {
            let bytes = table.bytes(number).unwrap();
            assert_eq!(bytes, oracle.bpe.token_bytes(number), "{number}");
            assert_eq!(merged(table, bytes), 1, "{number}");
        }
        assert_eq!(table.bytes(count), None);
    }
}

/// Long pieces of one thing: all ranks are the same, and windows end anywhere.
#[test]
fn long_runs_are_counted() {
    for unit in ["a", " ", "ab", "\n", "=", "日", "\u{301}", "👩‍👩‍👧‍👦", "=-", "\r\n", "aA", "7"]
    {
        for bytes in [SHORT, SHORT + 1, 2_047, 2_048, 2_049, 20_000] {
            let run = &unit.repeat(bytes).into_bytes()[..bytes];
            for (table, oracle) in both() {
                assert_eq!(count(table, run), oracle.bpe.count(run), "{bytes} of {unit:?}");
            }
        }
    }
}

/// Tokens glued together, whatever their bytes are: a vocabulary's own words, its halves of characters, its longest runs.
fn glued(tokens: usize) -> impl Strategy<Value = (usize, Vec<u8>)> {
    (0..2_usize, prop::collection::vec(any::<prop::sample::Index>(), 0..tokens)).prop_map(|(which, picks)| {
        let (table, oracle) = both()[which];
        let all = oracle.bpe.num_tokens();
        let picked = picks.iter().map(|pick| u32::try_from(pick.index(all)).unwrap());
        (which, picked.flat_map(|number| table.bytes(number).unwrap()).copied().collect())
    })
}

/// Few letters, so that many ranks are the same.
fn few(bytes: usize) -> impl Strategy<Value = (usize, Vec<u8>)> {
    let alphabet = prop::sample::select(vec!["ab", "abc", " \n", "=-", "aeinrst", "\u{e0}\u{e1}", "01"]);
    (0..2_usize, alphabet, prop::collection::vec(any::<prop::sample::Index>(), 0..bytes)).prop_map(
        |(which, alphabet, picks)| {
            (which, picks.iter().map(|pick| alphabet.as_bytes()[pick.index(alphabet.len())]).collect())
        },
    )
}

fn check((which, bytes): &(usize, Vec<u8>)) -> Result<(), TestCaseError> {
    let (table, oracle) = both()[*which];
    prop_assert_eq!(count(table, bytes), oracle.bpe.count(bytes));
    Ok(())
}

proptest! {
    #[test]
    fn short_pieces_are_counted(piece in prop_oneof![glued(12), few(SHORT + 2)]) {
        check(&piece)?;
    }

    #[test]
    fn any_bytes_are_counted(which in 0..2_usize, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&(which, bytes))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Pieces of several windows.
    #[test]
    fn long_pieces_are_counted(piece in prop_oneof![glued(1_500), few(9_000)]) {
        check(&piece)?;
    }
}
