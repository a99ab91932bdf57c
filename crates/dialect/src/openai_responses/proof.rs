//! Proofs of reasoning as this dialect has them. In: an item's id and its encrypted content. Out: one text that holds both,
//! for clients of any dialect, and back; the form of foreign proofs in this dialect's items.
//! Never here: a look into what is encrypted, whose a proof is (seal).

/// What stands behind a carried proof of reasoning that had no text at all. No provider's proof has this character.
const UNREADABLE: char = '~';

/// An item's id and encrypted content as one proof. An id that would not come back as it was is left out: the server needs
/// the content alone.
pub(super) fn join(id: &str, encrypted: &str) -> String {
    let id = if id.contains('.') { "" } else { id };
    format!("{id}.{encrypted}")
}

/// The two again.
pub(super) fn split(proof: &str) -> (&str, &str) {
    proof.split_once('.').unwrap_or(("", proof))
}

/// The encrypted content of an item that stands for a block nobody may read.
pub(super) fn unreadable(carried: &str) -> String {
    format!("{carried}{UNREADABLE}")
}

/// Whether an item's encrypted content stands for such a block, and its proof.
pub(super) fn read(encrypted: &str) -> (bool, &str) {
    match encrypted.strip_suffix(UNREADABLE) {
        Some(carried) => (true, carried),
        None => (false, encrypted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_contents_come_back() {
        for (id, encrypted, back) in [("rs_1", "gAAA+/=", "rs_1"), ("", "x.y", ""), ("a.b", "x", "")] {
            assert_eq!(split(&join(id, encrypted)), (back, encrypted));
        }
        assert_eq!(split("plain"), ("", "plain"));
        assert_eq!(read(&unreadable("tg1.0.x")), (true, "tg1.0.x"));
        assert_eq!(read("tg1.0.x"), (false, "tg1.0.x"));
    }
}
