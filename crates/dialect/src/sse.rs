//! Cuts a byte stream into server-sent events. In: bytes as the socket gave them. Out: whole events, blank line included.
//! Any cut of the input gives the same events. Never here: the meaning of an event.
//!
//! Lines end with LF or CRLF. A lone CR ends no line: no provider sends it, and a cut between CR and LF would be ambiguous.

use std::borrow::Cow;

/// A longer event is refused: pictures in answers come as one, nothing else comes near it, and a stream must not grow our
/// memory.
pub(crate) const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An event grew beyond `EVENT_BYTES_MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Holds the part of an event that has not ended yet.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    carry: Vec<u8>,
    /// Bytes of the unfinished line, and whether its only byte is a CR.
    line: usize,
    cr: bool,
}

impl Frames {
    /// The end of the first event in `bytes`, given what is carried.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut from = 0;
        while let Some(found) = memchr::memchr(b'\n', &bytes[from..]) {
            let at = from + found;
            let len = self.line + found;
            let blank = len == 0 || (len == 1 && if found == 1 { bytes[from] == b'\r' } else { self.cr });
            self.line = 0;
            self.cr = false;
            if blank {
                return Some(at + 1);
            }
            from = at + 1;
        }
        let rest = &bytes[from..];
        if self.line == 0 {
            self.cr = rest == b"\r";
        } else if !rest.is_empty() {
            self.cr = false;
        }
        self.line += rest.len();
        None
    }

    /// Hands every event that ends in `bytes` to `take`, until it fails.
    #[inline]
    pub fn push<E: From<TooLong>>(
        &mut self,
        mut bytes: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(end) = self.end(bytes) {
            let (event, rest) = bytes.split_at(end);
            bytes = rest;
            if self.carry.len() + event.len() > EVENT_BYTES_MAX {
                return Err(TooLong.into());
            }
            if self.carry.is_empty() {
                take(event)?;
            } else {
                self.carry.extend_from_slice(event);
                let whole = std::mem::take(&mut self.carry);
                take(&whole)?;
                self.carry = whole;
                self.carry.clear();
            }
        }
        if self.carry.len() + bytes.len() > EVENT_BYTES_MAX {
            return Err(TooLong.into());
        }
        self.carry.extend_from_slice(bytes);
        Ok(())
    }

    /// What the upstream left without a blank line at its end.
    pub fn rest(&mut self) -> Vec<u8> {
        self.line = 0;
        self.cr = false;
        std::mem::take(&mut self.carry)
    }
}

/// An event's fields.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    /// The event's name; empty when it has none.
    pub event: &'a [u8],
    /// The data; several lines are joined.
    pub data: Cow<'a, [u8]>,
    /// Where the data stands in the frame, if the frame is one data line (after an optional event line) and nothing else.
    pub whole: Option<usize>,
}

/// Reads an event. `None` when it has no data: comments and blank lines.
pub(crate) fn fields(frame: &[u8]) -> Option<Fields<'_>> {
    let (frame, shift) = match frame.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, 3),
        None => (frame, 0),
    };
    let mut event: &[u8] = b"";
    let mut data: Option<Cow<'_, [u8]>> = None;
    let mut whole = None;
    let mut plain = shift == 0;
    let mut at = 0;
    while at < frame.len() {
        let end = memchr::memchr(b'\n', &frame[at..]).map_or(frame.len(), |n| at + n);
        let line = &frame[at..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(value) = field(line, b"data") {
            match &mut data {
                None => {
                    whole = Some(at + line.len() - value.len());
                    data = Some(Cow::Borrowed(value));
                }
                Some(joined) => {
                    plain = false;
                    // A line break inside JSON can only be a blank between tokens.
                    let joined = joined.to_mut();
                    joined.push(b'\n');
                    joined.extend_from_slice(value);
                }
            }
        } else if let Some(value) = field(line, b"event") {
            event = value;
        } else if !line.is_empty() {
            plain = false;
        }
        at = end + 1;
    }
    Some(Fields { event, data: data?, whole: whole.filter(|_| plain) })
}

fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let value = rest.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(parts: &[&[u8]]) -> Vec<String> {
        let mut frames = Frames::default();
        let mut out = Vec::new();
        for part in parts {
            let pushed: Result<(), TooLong> = frames.push(part, |f| {
                out.push(String::from_utf8_lossy(f).into_owned());
                Ok(())
            });
            pushed.unwrap();
        }
        out.push(String::from_utf8(frames.rest()).unwrap());
        out
    }

    #[test]
    fn any_cut_gives_the_same_events() {
        let text = b"data: a\n\ndata: b\r\n\r\n\n: c\n\nevent: x\r\ndata: d\n\r\ndata: tail";
        let whole = cut(&[text]);
        assert_eq!(whole.len(), 6);
        for at in 0..text.len() {
            assert_eq!(cut(&[&text[..at], &text[at..]]), whole, "{at}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(cut(&bytes), whole);
    }

    #[test]
    fn fields_are_read() {
        for (frame, event, data, whole) in [
            (&b"data: x\n\n"[..], &b""[..], &b"x"[..], Some(6)),
            (b"data:x\r\n\r\n", b"", b"x", Some(5)),
            (b"event: e\ndata: x\n\n", b"e", b"x", Some(15)),
            (b"data: x\ndata: y\n\n", b"", b"x\ny", None),
            (b": hi\ndata: x\n\n", b"", b"x", None),
            (b"\xef\xbb\xbfdata: x\n\n", b"", b"x", None),
        ] {
            let fields = fields(frame).unwrap();
            assert_eq!((fields.event, &*fields.data, fields.whole), (event, data, whole));
        }
        assert_eq!(fields(b": only a comment\n\n"), None);
        assert_eq!(fields(b"\n"), None);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut frames = Frames::default();
        let part = vec![b'x'; 64 * 1024];
        let mut pushed: Result<(), TooLong> = Ok(());
        for _ in 0..=EVENT_BYTES_MAX / part.len() {
            pushed = frames.push(&part, |_| Ok(()));
        }
        assert_eq!(pushed, Err(TooLong));
    }
}
