//! Signatures of thoughts, which only this server can make. In: what is signed. Out: signatures, and whether one holds.
//! Never here: a real secret; the point is that a changed, moved or missing signature is noticed.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What the real server documents for calls that it did not make itself.
const SKIPS: [&str; 2] = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];
const SUM_BYTES: usize = 32;

fn sum(kind: &str, bytes: &[u8]) -> [u8; SUM_BYTES] {
    Sha256::new().chain_update(format!("simulated signature of {kind}\0")).chain_update(bytes).finalize().into()
}

/// The signature of a call; it holds for this name and these arguments, in any order of their keys.
pub(super) fn call(name: &str, arguments: &Value) -> String {
    let said = format!("{name}\0{}", sorted(arguments));
    STANDARD.encode(sum("a call", said.as_bytes()))
}

/// The signature of thoughts that led to text; it holds all of them.
pub(super) fn thought(text: &str) -> String {
    STANDARD.encode([&sum("a thought", text.as_bytes())[..], text.as_bytes()].concat())
}

/// Whether the signature at a call is one of this server, or says that there is none.
pub(super) fn call_holds(name: &str, arguments: &Value, signature: &str) -> bool {
    skipped(signature) || decoded(signature) == decoded(&call(name, arguments))
}

/// Whether the signature at a text is one of this server.
pub(super) fn thought_holds(signature: &str) -> bool {
    let bytes = decoded(signature).unwrap_or_default();
    let told = bytes.split_at_checked(SUM_BYTES);
    skipped(signature) || told.is_some_and(|(told, text)| sum("a thought", text) == told)
}

/// The documented words, as they are or encoded like any other signature.
fn skipped(signature: &str) -> bool {
    let bytes = decoded(signature).unwrap_or_default();
    SKIPS.iter().any(|word| *word == signature || word.as_bytes() == bytes)
}

/// The bytes of base64 in either alphabet, with and without its padding: SDKs write another one than they were given.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let plain = text.replace('-', "+").replace('_', "/");
    STANDARD_NO_PAD.decode(plain.trim_end_matches('=')).ok()
}

/// A value with the keys of its objects in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            let pair = |key: &String| (key.clone(), sorted(&members[key]));
            Value::Object(keys.into_iter().map(pair).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{call, call_holds, thought, thought_holds};
    use serde_json::json;

    #[test]
    fn a_signature_holds_for_its_own_call_alone() {
        let signature = call("f", &json!({"a": 1, "b": 2}));
        assert!(call_holds("f", &json!({"b": 2, "a": 1}), &signature));
        assert!(!call_holds("f", &json!({"b": 2, "a": 2}), &signature));
        assert!(!call_holds("g", &json!({"b": 2, "a": 1}), &signature));
        let other_alphabet = signature.replace('+', "-").replace('/', "_");
        assert!(call_holds("f", &json!({"a": 1, "b": 2}), other_alphabet.trim_end_matches('=')));
        assert!(call_holds("g", &json!({}), "skip_thought_signature_validator"));
    }

    #[test]
    fn a_thought_is_held_whole() {
        assert!(thought_holds(&thought("I think")));
        assert!(!thought_holds("AAAA"));
        assert!(!thought_holds("not base64!"));
    }
}
