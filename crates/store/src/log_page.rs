//! Where a page of the log ends. In: when the next entries were and how large they are. Out: the oldest instant of the page. Never here:
//! reading them.

use units::Timestamp;

/// The bytes of an entry, for both engines: neither reads a text to tell how long it is.
pub const BYTES: &str = "CAST(octet_length(actor) AS bigint) + octet_length(action) + octet_length(object) + octet_length(detail) \
    + octet_length(address) + coalesce(octet_length(was), 0) + coalesce(octet_length(became), 0)";

/// An entry, as far as a page is cut by it.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// When it was.
    pub at: Timestamp,
    /// How large it is.
    pub bytes: u64,
}

/// The oldest instant of a page of these, which are as many as its limit says, with all of the last instant; `None` where there are none.
/// The page ends before older entries that would bring it over `bytes_max`; where that is `None` there is no such bound.
pub fn oldest(newest_first: &[Mark], bytes_max: Option<u64>) -> Option<Timestamp> {
    let most = bytes_max.unwrap_or(u64::MAX);
    let (mut oldest, mut bytes) = (None, 0_u64);
    for of_instant in newest_first.chunk_by(|one, other| one.at == other.at) {
        bytes = of_instant.iter().fold(bytes, |sum, mark| sum.saturating_add(mark.bytes));
        if oldest.is_some() && bytes > most {
            break;
        }
        oldest = of_instant.first().map(|mark| mark.at);
    }
    oldest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_before_it_is_too_large() {
        for (marks, most, expected) in [
            (&[][..], Some(9), None),
            (&[(5, 1), (4, 1), (3, 1)], None, Some(3)),
            (&[(5, 4), (4, 5), (3, 1)], Some(9), Some(4)),
            (&[(5, 4), (4, 6), (3, 1)], Some(9), Some(5)),
            // An instant is on one page, however large it is.
            (&[(5, 4), (5, 4), (5, 4), (4, 1)], Some(9), Some(5)),
            (&[(5, 4), (4, 4), (4, 4), (3, 1)], Some(9), Some(5)),
            (&[(5, u64::MAX), (4, 1)], Some(9), Some(5)),
        ] {
            let marks: Vec<Mark> =
                marks.iter().map(|&(at, bytes)| Mark { at: Timestamp::from_ms(at), bytes }).collect();
            assert_eq!(oldest(&marks, most), expected.map(Timestamp::from_ms), "{marks:?} {most:?}");
        }
    }
}
