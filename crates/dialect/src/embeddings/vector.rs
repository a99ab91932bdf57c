//! One vector in its two forms: an array of numbers, and base64 of 32-bit floats with the little end first. In: either as a
//! server sent it. Out: either as a client wants it; `None` for what is no vector. Never here: rounding of numbers that stay
//! numbers: they are passed as the text they were.

use crate::json::Items;
use crate::media::{decode_base64, encode_base64};

/// A number written without an exponent in so few characters is in the range of 32-bit floats.
const PLAIN_CHARS_MAX: usize = 38;

/// Every number of an array, which must have at least one. Each is finite.
fn each(raw: &[u8], mut take: impl FnMut(&str) -> Option<()>) -> Option<()> {
    let mut items = Items::new(raw, 0, 0).ok()?;
    let mut any = false;
    while let Some((from, to)) = items.next().ok()? {
        let number = std::str::from_utf8(&raw[from..to]).ok()?;
        if !number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return None;
        }
        let plain = number.len() <= PLAIN_CHARS_MAX && !number.contains(['e', 'E']);
        if !plain && !number.parse::<f32>().ok()?.is_finite() {
            return None;
        }
        take(number)?;
        any = true;
    }
    any.then_some(())
}

/// Whether a JSON value is an array of finite numbers.
pub(crate) fn is_array(raw: &[u8]) -> bool {
    each(raw, |_| Some(())).is_some()
}

/// The array without blanks.
pub(crate) fn compact(raw: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len());
    each(raw, |number| {
        out.push(if out.is_empty() { b'[' } else { b',' });
        out.extend_from_slice(number.as_bytes());
        Some(())
    })?;
    out.push(b']');
    Some(out)
}

/// An array as base64.
pub(crate) fn to_base64(raw: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len() / 3);
    each(raw, |number| {
        bytes.extend_from_slice(&number.parse::<f32>().ok()?.to_le_bytes());
        Some(())
    })?;
    Some(encode_base64(&bytes))
}

/// The bytes of base64 that holds finite floats, at least one.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    let bytes = decode_base64(text)?;
    let whole = !bytes.is_empty() && bytes.len().is_multiple_of(4);
    (whole && floats(&bytes).all(f32::is_finite)).then_some(bytes)
}

/// Such bytes as an array: of each float the shortest number that stands for it.
pub(crate) fn to_array(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 3);
    for float in floats(bytes) {
        out.push(if out.is_empty() { b'[' } else { b',' });
        // This form of a finite float is a JSON number, with an exponent where that is shorter.
        out.extend_from_slice(format!("{float:?}").as_bytes());
    }
    out.push(b']');
    out
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_finite_numbers_make_a_vector() {
        for (raw, fine) in [
            ("[0.1, -2, 3e-9]", true),
            ("[1e38]", true),
            ("[1e39]", false),
            ("[1e400]", false),
            ("[-1E400]", false),
            ("[0.10000000000000000000000000000000000000000000000001]", true),
            ("[100000000000000000000000000000000000000000000000]", false),
            ("[]", false),
            ("[null]", false),
            ("[NaN]", false),
            ("[\"1\"]", false),
            ("[[1]]", false),
            ("[true]", false),
            ("7", false),
            ("[1", false),
        ] {
            assert_eq!(is_array(raw.as_bytes()), fine, "{raw}");
            assert_eq!(compact(raw.as_bytes()).is_some(), fine, "{raw}");
            assert_eq!(to_base64(raw.as_bytes()).is_some(), fine, "{raw}");
        }
        assert_eq!(compact(b"[ 0.10 ,\n-2e0]").unwrap(), b"[0.10,-2e0]");
    }

    #[test]
    fn base64_is_little_end_first() {
        assert_eq!(to_base64(b"[1, -2.5]").as_deref(), Some("AACAPwAAIMA="));
        assert_eq!(to_array(&bytes("AACAPwAAIMA=").unwrap()), b"[1.0,-2.5]");
        let nan = encode_base64(&f32::NAN.to_le_bytes());
        for bad in ["", "AACAPw", "AA==", "AACA", "%%%%", &nan] {
            assert_eq!(bytes(bad).is_some(), bad == "AACAPw", "{bad}");
        }
    }

    proptest! {
        /// Every finite float comes back as the same bits, whichever way it goes first.
        #[test]
        fn vectors_survive_both_ways(bits in prop::collection::vec(any::<u32>(), 1..40)) {
            let finite: Vec<f32> = bits.into_iter().map(f32::from_bits).filter(|f| f.is_finite()).collect();
            prop_assume!(!finite.is_empty());
            let sent: Vec<u8> = finite.iter().flat_map(|f| f.to_le_bytes()).collect();
            let array = to_array(&bytes(&encode_base64(&sent)).unwrap());
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&array).is_ok());
            prop_assert_eq!(bytes(&to_base64(&array).unwrap()).unwrap(), sent);
        }
    }
}
