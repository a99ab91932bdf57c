//! Turns the frames of a stream and the directives into timed steps. In: frames, `Directives`. Out: steps.
//! Never here: a dialect, what is said.

use crate::body::Step;
use crate::config::SimConfig;
use crate::directive::Directives;
use bytes::Bytes;
use std::time::Duration;

/// What a frame is for, so that a directive can name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Start,
    Role,
    Ping,
    BlockStart,
    Content,
    BlockStop,
    Finish,
    Usage,
    Done,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Role => "role",
            Self::Ping => "ping",
            Self::BlockStart => "block_start",
            Self::Content => "content",
            Self::BlockStop => "block_stop",
            Self::Finish => "finish",
            Self::Usage => "usage",
            Self::Done => "done",
        }
    }
}

/// One frame of a stream, with its blank line.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// Where a fault in a stream strikes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before anything.
    First,
    /// After the opening frames (`start`).
    Opening,
    Content(u64),
}

impl At {
    fn read(directives: &Directives, key: &str) -> Option<Self> {
        match directives.get(key)? {
            "0" => Some(Self::First),
            "start" => Some(Self::Opening),
            number => number.parse().ok().map(Self::Content),
        }
    }

    fn reached(self, kind: Kind, content: u64) -> bool {
        let opening = matches!(kind, Kind::Start | Kind::Role | Kind::Ping);
        match self {
            Self::First => true,
            Self::Opening => !opening,
            Self::Content(limit) => content >= limit,
        }
    }
}

/// A stream before time touches it: its frames, and the frame of an error that comes in the place of one of them.
pub(crate) struct Told {
    pub(crate) frames: Vec<Frame>,
    /// The error frame, by the number of frames that went before it.
    pub(crate) fault: Box<dyn Fn(usize) -> String>,
    /// Whether the frames are events, so that comments may stand between them.
    pub(crate) events: bool,
}

impl Told {
    /// A stream whose error frame is the same everywhere.
    pub(crate) fn new(frames: Vec<Frame>, fault: String) -> Self {
        Self { frames, fault: Box::new(move |_| fault.clone()), events: true }
    }
}

/// The frames with every directive about the stream applied.
pub(crate) fn steps(told: Told, directives: &Directives, config: &SimConfig) -> Vec<Step> {
    let mut out = Writer::new(directives, told.events);
    let pace = wait(directives, "pace_ms").unwrap_or(config.pace);
    if let Some(first) = wait(directives, "first_ms") {
        out.steps.push(Step::Wait(first));
    }
    let dropped: Vec<&str> = directives.get("drop").unwrap_or("").split(',').collect();
    let mut garbage = At::read(directives, "garbage_after");
    let mut bad = At::read(directives, "bad_utf8_after");
    let mut content = 0;
    for (index, frame) in told.frames.into_iter().enumerate() {
        let reached = |key| At::read(directives, key).is_some_and(|at| at.reached(frame.kind, content));
        if garbage.is_some_and(|at| at.reached(frame.kind, content)) {
            garbage = None;
            out.text("data: {\"not json\n\n");
        }
        if reached("cut_after") {
            return out.finish(Some(Step::Cut));
        }
        if reached("stall_after") {
            return out.finish(Some(Step::Stall));
        }
        if reached("eof_after") {
            return out.finish(None);
        }
        if reached("error_event_after") {
            out.text(&(told.fault)(index));
            return out.finish(None);
        }
        let before = content;
        if frame.kind == Kind::Content {
            content += 1;
            if content > 1 && !pace.is_zero() && !directives.has("burst") {
                out.wait(pace);
            }
        }
        if dropped.contains(&frame.kind.name()) {
            continue;
        }
        if bad.is_some_and(|at| at.reached(frame.kind, before)) {
            bad = None;
            out.bytes(broken(&frame.text));
        } else {
            out.text(&frame.text);
        }
    }
    out.finish(None)
}

/// A duration named by a directive.
pub(crate) fn wait(directives: &Directives, key: &str) -> Option<Duration> {
    directives.number(key).map(Duration::from_millis)
}

/// A text with a byte in its last string that is no UTF-8.
pub(crate) fn broken(text: &str) -> Vec<u8> {
    let at = text.rfind(":\"").map_or(0, |at| at + 2);
    [&text.as_bytes()[..at], b"\xff", &text.as_bytes()[at..]].concat()
}

/// Collects text into steps, in the line ends, slices and writes that were asked for.
struct Writer<'a> {
    directives: &'a Directives,
    comments: bool,
    steps: Vec<Step>,
    burst: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn new(directives: &'a Directives, events: bool) -> Self {
        Self { directives, comments: events && directives.has("comments"), steps: Vec::new(), burst: Vec::new() }
    }

    fn text(&mut self, text: &str) {
        let mut text = text.to_owned();
        if self.comments {
            text.insert_str(0, ": sim\n\n");
        }
        if self.directives.has("crlf") {
            text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        self.bytes(text.into_bytes());
    }

    fn bytes(&mut self, bytes: Vec<u8>) {
        if self.directives.has("burst") {
            self.burst.extend(bytes);
            return;
        }
        let size = self.directives.number("rechunk").unwrap_or(0);
        match usize::try_from(size) {
            Ok(size) if size > 0 => {
                for slice in bytes.chunks(size) {
                    self.steps.push(Step::Bytes(Bytes::copy_from_slice(slice)));
                    self.steps.push(Step::Flush);
                }
            }
            _ => self.steps.push(Step::Bytes(Bytes::from(bytes))),
        }
    }

    fn wait(&mut self, time: Duration) {
        self.steps.push(Step::Wait(time));
    }

    fn finish(mut self, last: Option<Step>) -> Vec<Step> {
        if !self.burst.is_empty() {
            self.steps.push(Step::Bytes(Bytes::from(self.burst)));
        }
        if let Some(last) = last {
            self.steps.push(Step::Flush);
            self.steps.push(last);
        }
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Kind, Told, steps};
    use crate::body::Step;
    use crate::config::SimConfig;
    use crate::directive::Directives;
    use std::sync::Arc;

    struct Still;

    impl units::Clock for Still {
        fn now(&self) -> units::Timestamp {
            units::Timestamp::from_ms(0)
        }
    }

    fn run(directives: &str) -> String {
        let frame = |kind, text: &str| Frame { kind, text: text.to_owned() };
        let frames = vec![
            frame(Kind::Role, "R\n"),
            frame(Kind::Content, "a\n"),
            frame(Kind::Content, "b\n"),
            frame(Kind::Finish, "F\n"),
        ];
        let directives = Directives::parse_inner(directives).unwrap();
        let config = SimConfig::new(Arc::new(Still));
        let show = |step| match step {
            Step::Bytes(bytes) => String::from_utf8_lossy(&bytes).replace('\n', ""),
            other => format!("<{other:?}>"),
        };
        steps(Told::new(frames, "E\n".to_owned()), &directives, &config).into_iter().map(show).collect()
    }

    #[test]
    fn directives_shape_the_stream() {
        for (directives, expect) in [
            ("", "RabF"),
            ("pace_ms=5", "Ra<Wait(5ms)>bF"),
            ("pace_ms=5 burst", "RabF"),
            ("first_ms=7", "<Wait(7ms)>RabF"),
            ("cut_after=0", "<Flush><Cut>"),
            ("cut_after=start", "R<Flush><Cut>"),
            ("cut_after=1", "Ra<Flush><Cut>"),
            ("stall_after=2", "Rab<Flush><Stall>"),
            ("eof_after=1", "Ra"),
            ("error_event_after=1", "RaE"),
            ("garbage_after=1", "Radata: {\"not jsonbF"),
            ("bad_utf8_after=1", "Ra\u{fffd}bF"),
            ("drop=role,finish", "ab"),
            ("cut_after=9", "RabF"),
            ("crlf", "R\ra\rb\rF\r"),
        ] {
            assert_eq!(run(directives), expect, "{directives}");
        }
    }
}
