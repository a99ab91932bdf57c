//! Embeddings: vectors of length one, made of a hash of the text. In: a text, a number of dimensions. Out: numbers.
//! Never here: a dialect, or vectors that mean something.

use base64::Engine;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The vector of a text: always the same for the same text; a shorter one begins like a longer one, before it is
/// brought to length one.
pub(crate) fn embedding(text: &str, dimensions: usize) -> Vec<f32> {
    let mut raw: Vec<f64> = Vec::with_capacity(dimensions + 8);
    let mut block = 0_u64;
    while raw.len() < dimensions {
        let sum = Sha256::digest([text.as_bytes(), b"\0", &block.to_le_bytes()].concat());
        let number = |bytes: &[u8]| {
            let word = bytes.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
            f64::from(word) / f64::from(u32::MAX) - 0.5
        };
        raw.extend(sum.chunks(4).map(number));
        block += 1;
    }
    raw.truncate(dimensions);
    let length = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
    raw.iter().map(|x| narrow(x / length)).collect()
}

/// The nearest number of half the size.
fn narrow(value: f64) -> f32 {
    format!("{value}").parse().unwrap_or(0.0)
}

/// The numbers as JSON, in as few digits as they need.
pub(crate) fn numbers(vector: &[f32]) -> Value {
    vector.iter().map(|x| x.to_string().parse::<f64>().map_or(Value::Null, Value::from)).collect()
}

/// The numbers as the bytes of a little-endian array, in base64.
pub(crate) fn packed(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::{embedding, numbers, packed};

    #[test]
    fn vectors_have_length_one_and_do_not_change() {
        for dimensions in [1, 3, 8, 1536] {
            let vector = embedding("hello", dimensions);
            assert_eq!(vector.len(), dimensions);
            let length: f32 = vector.iter().map(|x| x * x).sum();
            assert!((length - 1.0).abs() < 1e-4, "{length}");
        }
        assert_eq!(embedding("hello", 8), embedding("hello", 8));
        assert_ne!(embedding("hello", 8), embedding("hullo", 8));
    }

    #[test]
    fn both_spellings_are_the_same_numbers() {
        let vector = embedding("hello", 4);
        let told: Vec<f64> = serde_json::from_value(numbers(&vector)).unwrap();
        let same = told.iter().zip(&vector).all(|(told, x)| told.to_string() == x.to_string());
        assert!(same, "{told:?} {vector:?}");
        assert_eq!(packed(&[1.0]), "AACAPw==");
    }
}
