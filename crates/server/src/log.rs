//! Log lines (docs/LOG.md). In: a name and fields. Out: lines in a buffer that one thread writes ten times a second,
//! so that a request never waits for a terminal or a disk. Never here: keys, prompts, answers, upstream names or texts.

use crate::limits::{LOG_BUFFER_BYTES_MAX, LOG_FLUSH_EVERY};
use crate::settings::LogFormat;
use parking_lot::Mutex;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use units::{Clock, Timestamp};

/// How loud a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something ended as it should.
    Info,
    /// Somebody should look at it at daytime.
    Warn,
    /// Wake someone.
    Error,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// The value of a field.
pub enum Value<'a> {
    /// Text; escaped.
    Text(&'a str),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

/// Lines that wait, and the text of the second they were written in (a date is dear to format).
#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    second: i64,
    date: String,
}

impl Waiting {
    /// Writes an instant as RFC 3339 with milliseconds.
    fn put_time(&mut self, at: Timestamp) {
        if at.seconds() != self.second || self.date.is_empty() {
            self.second = at.seconds();
            self.date = at.to_string();
        }
        // `2026-03-03T09:00:00.` stays for a second; three digits and the zone follow.
        let whole = self.date.len().saturating_sub(4);
        let ms = at.ms().rem_euclid(1_000);
        self.lines.extend_from_slice(&self.date.as_bytes()[..whole]);
        let digit = |n: i64| b'0' + u8::try_from(n % 10).unwrap_or(0);
        self.lines.extend_from_slice(&[digit(ms / 100), digit(ms / 10), digit(ms), b'Z']);
    }
}

struct Shared {
    buffer: Mutex<Waiting>,
    dropped: AtomicU64,
    stop: AtomicBool,
    format: LogFormat,
    clock: Arc<dyn Clock>,
}

/// Where lines go. Cheap to clone.
#[derive(Clone)]
pub struct Log(Arc<Shared>);

impl Log {
    /// A log that keeps its lines until a writer takes them.
    pub fn new(format: LogFormat, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            buffer: Mutex::default(),
            dropped: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            format,
            clock,
        }))
    }

    /// Starts the thread that writes lines to `out`; `stop` ends it after the last line.
    ///
    /// # Errors
    /// When the thread cannot be made.
    #[expect(clippy::disallowed_methods, reason = "the home of the thread that writes the log")]
    pub fn write_to(&self, mut out: Box<dyn Write + Send>) -> std::io::Result<std::thread::JoinHandle<()>> {
        let log = self.clone();
        std::thread::Builder::new().name("log".into()).spawn(move || {
            let mut lines = Vec::new();
            loop {
                let last = log.0.stop.load(Ordering::Acquire);
                std::mem::swap(&mut lines, &mut log.0.buffer.lock().lines);
                // A log that cannot be written is no reason to stop serving.
                let _ = out.write_all(&lines).and_then(|()| out.flush());
                lines.clear();
                if last {
                    return;
                }
                std::thread::sleep(LOG_FLUSH_EVERY);
            }
        })
    }

    /// Lets the writer end once everything is written.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Release);
    }

    /// Everything that was not written yet (tests read lines here).
    pub fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.0.buffer.lock().lines)).into_owned()
    }

    /// An info line with text fields.
    pub fn info(&self, name: &str, fields: &[(&str, &str)]) {
        self.texts(Level::Info, name, fields);
    }

    /// A warning with text fields.
    pub fn warn(&self, name: &str, fields: &[(&str, &str)]) {
        self.texts(Level::Warn, name, fields);
    }

    /// An error with text fields.
    pub fn error(&self, name: &str, fields: &[(&str, &str)]) {
        self.texts(Level::Error, name, fields);
    }

    fn texts(&self, level: Level, name: &str, fields: &[(&str, &str)]) {
        self.line(level, name, |line| {
            for (key, value) in fields {
                line.put(key, &Value::Text(value));
            }
        });
    }

    /// A line with any fields.
    pub fn line(&self, level: Level, name: &str, fields: impl FnOnce(&mut Line<'_>)) {
        if self.0.format == LogFormat::Off {
            return;
        }
        let at = self.0.clock.now();
        let mut waiting = self.0.buffer.lock();
        if waiting.lines.len() > LOG_BUFFER_BYTES_MAX {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let json = self.0.format == LogFormat::Json;
        if json {
            waiting.lines.extend_from_slice(b"{\"at\":\"");
            waiting.put_time(at);
            for part in ["\",\"level\":\"", level.name(), "\",\"event\":\"", name, "\""] {
                waiting.lines.extend_from_slice(part.as_bytes());
            }
        } else {
            waiting.put_time(at);
            let _ = write!(waiting.lines, " {:5} {name}", level.name());
        }
        let mut line = Line { out: &mut waiting.lines, json };
        fields(&mut line);
        line.out.extend_from_slice(if json { b"}\n" } else { b"\n" });
    }

    /// How many lines were dropped because nobody took them.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

/// A line being written.
pub struct Line<'a> {
    out: &'a mut Vec<u8>,
    json: bool,
}

impl Line<'_> {
    /// Adds a field. Text is escaped, so a hostile value cannot make a second line or field.
    pub fn put(&mut self, key: &str, value: &Value<'_>) {
        if self.json {
            self.out.extend_from_slice(b",\"");
            self.out.extend_from_slice(key.as_bytes());
            self.out.extend_from_slice(b"\":");
        } else {
            self.out.push(b' ');
            self.out.extend_from_slice(key.as_bytes());
            self.out.push(b'=');
        }
        match value {
            Value::Text(text) if !self.json && is_plain(text) => self.out.extend_from_slice(text.as_bytes()),
            Value::Text(text) => quote(self.out, text),
            Value::Number(number) => {
                self.out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
            }
            Value::Flag(flag) => self.out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        }
    }

    /// Adds an id, or another text that needs no escapes.
    pub fn put_plain(&mut self, key: &str, text: &str) {
        let (before, between, after): (&[u8], &[u8], &[u8]) =
            if self.json { (b",\"", b"\":\"", b"\"") } else { (b" ", b"=", b"") };
        for part in [before, key.as_bytes(), between, text.as_bytes(), after] {
            self.out.extend_from_slice(part);
        }
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'=' | b'\\'))
}

fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c) & 0xffff);
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(0)
        }
    }

    #[test]
    fn a_hostile_value_stays_in_its_field() {
        for format in [LogFormat::Json, LogFormat::Text] {
            let log = Log::new(format, Arc::new(Fixed));
            log.info("x", &[("id", "a\"}\n{\"level\":\"error"), ("b", "plain")]);
            let text = log.take();
            assert_eq!(text.lines().count(), 1, "{text}");
            if format == LogFormat::Json {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(value["id"], "a\"}\n{\"level\":\"error");
                assert_eq!(value["level"], "info");
            }
        }
    }
}
