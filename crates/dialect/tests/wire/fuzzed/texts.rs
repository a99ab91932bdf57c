//! The JSON scanner and the event cutter, held to a slow and simple reader. Never here: what an event means.

use dialect::probe::{event_of, events, json_end, string_from, string_of};
use serde::de::{Deserialize, IgnoredAny};

/// Deeper texts are refused here and read elsewhere.
const DEPTH_MAX: usize = 64;

/// A text: what the scanner takes, any reader takes, and the other way round.
pub fn json(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        json_end(bytes);
        return;
    };
    // A number that goes on in a way that no number may has ended for us: what follows a value is its caller's affair.
    let ours = json_end(bytes);
    let value = &text[..ours.unwrap_or(text.len())];
    let mut reader = serde_json::Deserializer::from_str(value);
    let theirs = IgnoredAny::deserialize(&mut reader).is_ok();
    assert!(theirs || ours.is_none(), "only we take {text}");
    if theirs && ours.is_none() {
        let brackets = bytes.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
        assert!(brackets > DEPTH_MAX, "we do not take {text}");
    }
    let value = value.trim_start();
    if ours.is_some() && value.starts_with('"') {
        let read = serde_json::from_str::<String>(value).ok();
        let found = string_of(value.as_bytes());
        // A half of a pair of surrogates is replaced here; they refuse it.
        assert!(read.is_none() || read == found, "{value}");
        let found = found.unwrap_or_default();
        assert_eq!(serde_json::from_slice::<String>(&string_from(&found)).ok(), Some(found));
    }
}

/// A stream: any cut gives the same events, and they are all of it.
pub fn sse(bytes: &[u8]) {
    let whole = events([bytes]).expect("no event is that long");
    assert_eq!(whole.concat(), bytes);
    for size in [1, 2, 3 + bytes.len() % 17] {
        assert_eq!(events(bytes.chunks(size)).expect("no event is that long"), whole, "cut to {size}");
    }
    for frame in &whole {
        if let Some((_, data, Some(from))) = event_of(frame) {
            assert_eq!(frame.get(from..from + data.len()), Some(&*data));
        }
    }
}
