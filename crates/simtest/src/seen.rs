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

    /// Everything said in the contents of chat chunks or the text of blocks.
    pub fn said(&self) -> String {
        self.text()
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok())
            .filter_map(|v| {
                let said = v["choices"][0]["delta"]["content"].as_str().or(v["delta"]["text"].as_str());
                said.map(str::to_owned)
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
        let count = |mark: &str| text.matches(mark).count();
        let done = count("data: [DONE]\n\n") + count("event: message_stop\n");
        let fault = count("data: {\"error\":") + count("event: error\n");
        let last = text.strip_suffix("\n\n").map(|rest| rest.rsplit("\n\n").next().unwrap_or(rest));
        let ends_with = |marks: [&str; 2]| last.is_some_and(|l| marks.iter().any(|mark| l.starts_with(mark)));
        match (done, fault) {
            (1, 0) if ends_with(["data: [DONE]", "event: message_stop\n"]) => Ending::Proper,
            (0, 1) if ends_with(["data: {\"error\":", "event: error\n"]) => Ending::Fault,
            _ => Ending::Nothing,
        }
    }
}
