//! Token counts as providers write them. In: a JSON number of any size and shape. Out: an integer. Never here: a panic.

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
