//! The scanner and the cutter as fuzz targets reach them. In: any bytes. Out: what the two made of them, in plain types.
//! Never here: a use by the product (the feature `probe` is for fuzz/ alone), a claim about what is right.

use crate::json::{push_string, skip, string_value};
use crate::sse::{Frames, TooLong, fields};

/// Where the first JSON value of a text ends; `None` where there is none that we take.
pub fn json_end(text: &[u8]) -> Option<usize> {
    skip(text, crate::json::blank(text, 0), 0).ok()
}

/// The text that a JSON string stands for.
pub fn string_of(value: &[u8]) -> Option<String> {
    string_value(value).map(std::borrow::Cow::into_owned)
}

/// A text as a JSON string.
pub fn string_from(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    push_string(&mut out, text);
    out
}

/// The events of a stream that comes in these pieces, and what was left without an end. `None` where one was too long.
pub fn events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<Vec<u8>>> {
    let mut frames = Frames::default();
    let mut out = Vec::new();
    for piece in pieces {
        let pushed: Result<(), TooLong> = frames.push(piece, |event| {
            out.push(event.to_vec());
            Ok(())
        });
        pushed.ok()?;
    }
    out.push(frames.rest());
    Some(out)
}

/// The name and the data of an event, and where the data stands when it stands there in one piece.
pub fn event_of(frame: &[u8]) -> Option<(Vec<u8>, Vec<u8>, Option<usize>)> {
    fields(frame).map(|found| (found.event.to_vec(), found.data.to_vec(), found.whole))
}
