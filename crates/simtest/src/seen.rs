//! What a client saw of an answer. In: status, headers, frames. Out: the one ending it had. Never here: how it came about.

use bytes::Bytes;
use std::time::Duration;

/// How an answer ended, as its reader can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A whole JSON answer, or a stream with its proper end.
    Proper,
    /// A fault, at the head or inside the stream.
    Fault,
    /// The reader left.
    Left,
    /// Nothing of these: a defect.
    Nothing,
}

/// What a proper end begins with in its last frame.
const DONE: [&str; 4] =
    ["data: [DONE]", "event: message_stop\n", "event: response.completed\n", "event: response.incomplete\n"];
/// What Gemini's last frame has in it.
const FINISHED: &str = "\"finishReason\":\"";
/// What a failure begins with in its last frame.
const FAILED: [&str; 3] = ["data: {\"error\":", "event: error\n", "event: response.failed\n"];

/// What was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// Frames with the time since the request.
    pub frames: Vec<(Duration, Bytes)>,
    /// Whether the reader left before the end.
    pub left: bool,
}

impl Seen {
    /// All bytes as text.
    pub fn text(&self) -> String {
        let bytes: Vec<u8> = self.frames.iter().flat_map(|(_, b)| b.iter().copied()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Everything said in the words of a stream, whatever its language.
    pub fn said(&self) -> String {
        self.text()
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok())
            .filter_map(|v| {
                let choice = &v["choices"][0];
                let part = &v["candidates"][0]["content"]["parts"][0];
                let delta =
                    if v["type"] == "response.output_text.delta" { &v["delta"] } else { &v["delta"]["text"] };
                let said = [&choice["delta"]["content"], &choice["text"], &part["text"], delta];
                said.iter().find_map(|text| text.as_str()).map(str::to_owned)
            })
            .collect()
    }

    /// How it ended: exactly one way.
    pub fn ending(&self) -> Ending {
        let text = self.text();
        if self.left {
            return Ending::Left;
        }
        if !self.content_type.starts_with("text/event-stream") {
            let whole = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            return match (self.status, whole) {
                (200, true) => Ending::Proper,
                (400.., true) => Ending::Fault,
                _ => Ending::Nothing,
            };
        }
        let count = |marks: &[&str]| marks.iter().map(|mark| text.matches(mark).count()).sum::<usize>();
        let last = text.strip_suffix("\n\n").map_or("", |rest| rest.rsplit("\n\n").next().unwrap_or(rest));
        let done = DONE.iter().any(|mark| last.starts_with(mark)) || last.contains(FINISHED);
        let failed = FAILED.iter().any(|mark| last.starts_with(mark));
        match (count(&DONE) + count(&[FINISHED]), count(&FAILED)) {
            (1, 0) if done => Ending::Proper,
            (0, 1) if failed => Ending::Fault,
            _ => Ending::Nothing,
        }
    }
}
