//! Token counts as providers write them. In: a JSON number of any size and shape. Out: an integer. Never here: a panic.

use crate::json::Members;
use serde_json::Value;

/// A count: fractions are cut off, negatives are no count at all, what is too large stays absurd so that it is seen as such.
pub(crate) fn count(value: &Value) -> Option<u64> {
    let number = value.as_number()?;
    if let Some(n) = number.as_u64() {
        return Some(n);
    }
    let text = number.to_string();
    if text.starts_with('-') {
        return None;
    }
    let float: f64 = text.parse().ok()?;
    // Casting saturates.
    Some(float as u64)
}

/// The newest count wins; a zero after a number is a server that forgot.
pub(crate) fn newer(old: &mut Option<u64>, new: Option<u64>) {
    match (*old, new) {
        (_, None) => {}
        (Some(o), Some(0)) if o > 0 => {}
        (_, some) => *old = some,
    }
}

/// Every member of the object at `at`: name, place and text of its value. `None` when it is odd.
pub(crate) fn each(json: &[u8], at: usize, mut take: impl FnMut(&[u8], usize, &[u8]) -> Option<()>) -> Option<()> {
    let mut members = Members::new(json, at, 1).ok()?;
    while let Some(member) = members.next().ok()? {
        take(&member.name(json), member.value.0, member.text(json))?;
    }
    Some(())
}

/// Whether a value is a whole number of a size that no count exceeds.
pub(crate) fn is_plain(value: &[u8]) -> bool {
    (1..=18).contains(&value.len()) && value.iter().all(u8::is_ascii_digit)
}

/// Digits, or null; `None` for anything else.
pub(crate) fn plain_count(text: &[u8], count: &mut Option<u64>) -> Option<()> {
    if text == b"null" {
        return Some(());
    }
    if !is_plain(text) {
        return None;
    }
    *count = Some(text.iter().fold(0, |sum, b| sum * 10 + u64::from(b - b'0')));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_any_shape() {
        for (text, expect) in [
            ("7", Some(7)),
            ("7.9", Some(7)),
            ("-3", None),
            ("1e400", Some(u64::MAX)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("\"7\"", None),
            ("null", None),
        ] {
            assert_eq!(count(&serde_json::from_str(text).unwrap()), expect, "{text}");
        }
    }
}
