//! Walks JSON text without building it. In: bytes. Out: where a value ends, what the members of an object are.
//! It checks the whole grammar and a depth, so what passes here parses anywhere.
//! Never here: the meaning of a field, recursion, a panic on any input.

mod members;

pub(crate) use members::{Items, Member, Members, Pending};
use std::borrow::Cow;
use std::ops::Range;

/// Where something stands in a text: from, and one past its end.
pub(crate) type Span = (usize, usize);

/// Nesting deeper than this is refused on every door (one bit a level fits into a word).
pub(crate) const DEPTH_MAX: u32 = 64;

/// Why a text is not JSON that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Bad {
    #[error("unexpected byte at offset {0}")]
    Byte(usize),
    #[error("the text ends too early")]
    End,
    #[error("values are nested deeper than {DEPTH_MAX} levels")]
    Depth,
    #[error("a second value starts at offset {0}")]
    Trailing(usize),
}

/// What a caller may watch while a value is walked. Depth 1 is inside the outermost bracket.
pub(crate) trait Watch {
    /// A key, without its quotes and with its escapes.
    fn key(&mut self, _depth: u32, _key: &[u8]) {}
    /// A string, quotes included.
    fn string(&mut self, _depth: u32, _text: &[u8], _span: Range<usize>) {}
    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self, _depth: u32, _span: Range<usize>) {}
    /// A bracket opened; `depth` is the one inside it.
    fn open(&mut self, _depth: u32, _object: bool, _at: usize) {}
    /// The bracket closed; `end` is one past it.
    fn close(&mut self, _depth: u32, _end: usize) {}
}

/// Watches nothing.
pub(crate) struct Blind;
impl Watch for Blind {}

/// The first index at or after `at` that is no blank.
#[inline]
pub(crate) fn blank(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at += 1;
    }
    at
}

const fn has_zero(word: u64) -> u64 {
    word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080
}

/// Of the bytes from `at`: how many are plain inside a string (no quote, backslash or control).
#[inline]
fn plain(text: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = text.get(at..at + 8) {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(chunk);
        let word = u64::from_le_bytes(bytes);
        let quote = has_zero(word ^ 0x2222_2222_2222_2222);
        let slash = has_zero(word ^ 0x5c5c_5c5c_5c5c_5c5c);
        // A byte below 0x20 has none of its three high bits.
        let control = has_zero(word & 0xe0e0_e0e0_e0e0_e0e0);
        let hit = quote | slash | control;
        if hit != 0 {
            // Borrows only run upwards, so the lowest hit is exact.
            return at + (hit.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(b) = text.get(at) {
        if *b == b'"' || *b == b'\\' || *b < 0x20 {
            break;
        }
        at += 1;
    }
    at
}

/// The index after the closing quote; `at` is the first byte after the opening one.
#[inline]
pub(crate) fn string_end(text: &[u8], mut at: usize) -> Result<usize, Bad> {
    loop {
        at = plain(text, at);
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => match text.get(at + 1) {
                Some(b) if SHORT_ESCAPE[usize::from(*b)] => at += 2,
                _ => at = escape_end(text, at + 1)?,
            },
            Some(_) => return Err(Bad::Byte(at)),
            None => return Err(Bad::End),
        }
    }
}

/// The characters that stand for an escape by themselves: prompts are full of them.
const SHORT_ESCAPE: [bool; 256] = {
    let mut table = [false; 256];
    let short = *b"\"\\/bfnrt";
    let mut n = 0;
    while n < short.len() {
        table[short[n] as usize] = true;
        n += 1;
    }
    table
};

#[cold]
fn escape_end(text: &[u8], at: usize) -> Result<usize, Bad> {
    match text.get(at) {
        Some(b) if SHORT_ESCAPE[usize::from(*b)] => Ok(at + 1),
        Some(b'u') => {
            for n in 1..=4 {
                match text.get(at + n) {
                    Some(b) if b.is_ascii_hexdigit() => {}
                    Some(_) => return Err(Bad::Byte(at + n)),
                    None => return Err(Bad::End),
                }
            }
            Ok(at + 5)
        }
        Some(_) => Err(Bad::Byte(at)),
        None => Err(Bad::End),
    }
}

fn digits(text: &[u8], mut at: usize) -> Result<usize, Bad> {
    match text.get(at) {
        Some(b) if b.is_ascii_digit() => {}
        Some(_) => return Err(Bad::Byte(at)),
        None => return Err(Bad::End),
    }
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    Ok(at)
}

fn number_end(text: &[u8], mut at: usize) -> Result<usize, Bad> {
    if text.get(at) == Some(&b'-') {
        at += 1;
    }
    at = if text.get(at) == Some(&b'0') { at + 1 } else { digits(text, at)? };
    if text.get(at) == Some(&b'.') {
        at = digits(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = text.get(at) {
            at += 1;
        }
        at = digits(text, at)?;
    }
    Ok(at)
}

fn word_end(text: &[u8], at: usize, word: &[u8]) -> Result<usize, Bad> {
    match text.get(at..at + word.len()) {
        Some(found) if found == word => Ok(at + word.len()),
        Some(_) => Err(Bad::Byte(at)),
        None => Err(Bad::End),
    }
}

fn scalar_end(text: &[u8], at: usize) -> Result<usize, Bad> {
    match text.get(at) {
        Some(b't') => word_end(text, at, b"true"),
        Some(b'f') => word_end(text, at, b"false"),
        Some(b'n') => word_end(text, at, b"null"),
        Some(b'-' | b'0'..=b'9') => number_end(text, at),
        Some(_) => Err(Bad::Byte(at)),
        None => Err(Bad::End),
    }
}

/// A key and its colon from `at` on; gives the key's span without quotes and where the value starts.
#[inline]
pub(crate) fn key_at(text: &[u8], at: usize) -> Result<(Range<usize>, usize), Bad> {
    match text.get(at) {
        Some(b'"') => {}
        Some(_) => return Err(Bad::Byte(at)),
        None => return Err(Bad::End),
    }
    let end = string_end(text, at + 1)?;
    let colon = blank(text, end);
    match text.get(colon) {
        Some(b':') => Ok((at + 1..end - 1, blank(text, colon + 1))),
        Some(_) => Err(Bad::Byte(colon)),
        None => Err(Bad::End),
    }
}

/// The open brackets as bits: one means object.
struct Nest {
    bits: u64,
    depth: u32,
    room: u32,
}

impl Nest {
    fn push(&mut self, object: bool) -> Result<u32, Bad> {
        if self.depth >= self.room {
            return Err(Bad::Depth);
        }
        self.bits = (self.bits << 1) | u64::from(object);
        self.depth += 1;
        Ok(self.depth)
    }

    const fn in_object(&self) -> bool {
        self.bits & 1 == 1
    }

    const fn pop(&mut self) {
        self.bits >>= 1;
        self.depth -= 1;
    }
}

/// Walks the value that starts at `at` (no blank) and gives the index after it. `outside` levels are open already.
pub(crate) fn walk(text: &[u8], mut at: usize, outside: u32, watch: &mut impl Watch) -> Result<usize, Bad> {
    let mut nest = Nest { bits: 0, depth: 0, room: DEPTH_MAX.saturating_sub(outside) };
    loop {
        at = match text.get(at) {
            Some(b'"') => {
                let end = string_end(text, at + 1)?;
                watch.string(nest.depth, text, at..end);
                end
            }
            Some(open @ (b'{' | b'[')) => {
                let object = *open == b'{';
                let depth = nest.push(object)?;
                watch.open(depth, object, at);
                let inner = blank(text, at + 1);
                let close = if object { b'}' } else { b']' };
                if text.get(inner) == Some(&close) {
                    nest.pop();
                    watch.close(depth, inner + 1);
                    inner + 1
                } else {
                    at = enter(text, inner, &nest, watch)?;
                    continue;
                }
            }
            _ => {
                let end = scalar_end(text, at)?;
                watch.scalar(nest.depth, at..end);
                end
            }
        };
        match after(text, at, &mut nest, watch)? {
            Next::Done(end) => return Ok(end),
            Next::Value(start) => at = start,
        }
    }
}

enum Next {
    Done(usize),
    Value(usize),
}

#[inline]
fn enter(text: &[u8], at: usize, nest: &Nest, watch: &mut impl Watch) -> Result<usize, Bad> {
    if !nest.in_object() {
        return Ok(at);
    }
    let (key, value) = key_at(text, at)?;
    watch.key(nest.depth, &text[key]);
    Ok(value)
}

/// After a value: closes what closes and finds the next value.
#[inline]
fn after(text: &[u8], mut at: usize, nest: &mut Nest, watch: &mut impl Watch) -> Result<Next, Bad> {
    while nest.depth > 0 {
        at = blank(text, at);
        match (text.get(at), nest.in_object()) {
            (Some(b','), _) => {
                return Ok(Next::Value(enter(text, blank(text, at + 1), nest, watch)?));
            }
            (Some(b'}'), true) | (Some(b']'), false) => {
                watch.close(nest.depth, at + 1);
                nest.pop();
                at += 1;
            }
            (Some(_), _) => return Err(Bad::Byte(at)),
            (None, _) => return Err(Bad::End),
        }
    }
    Ok(Next::Done(at))
}

/// Walks a value and watches nothing.
#[inline]
pub(crate) fn skip(text: &[u8], at: usize, outside: u32) -> Result<usize, Bad> {
    match text.get(at) {
        Some(b'"') => string_end(text, at + 1),
        Some(b'{' | b'[') => walk(text, at, outside, &mut Blind),
        _ => scalar_end(text, at),
    }
}

/// A key or string without quotes, its escapes undone. Half a surrogate pair becomes U+FFFD: servers cut pairs between
/// two events, and the rest of the text must not be lost with it.
#[inline]
pub(crate) fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    // Keys are short and seldom have one: a search that is called costs more than a look.
    let first = if raw.len() <= KEY_BYTES_USUAL {
        raw.iter().position(|byte| *byte == b'\\')
    } else {
        memchr::memchr(b'\\', raw)
    };
    match first {
        Some(first) => Cow::Owned(unescaped(raw, first)),
        None => Cow::Borrowed(raw),
    }
}

/// Keys are seldom longer.
const KEY_BYTES_USUAL: usize = 24;

/// The same where the first escape is known.
fn unescaped(raw: &[u8], first: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    out.extend_from_slice(&raw[..first]);
    let mut at = first;
    while let Some(byte) = raw.get(at) {
        if *byte != b'\\' {
            let to = memchr::memchr(b'\\', &raw[at..]).map_or(raw.len(), |n| at + n);
            out.extend_from_slice(&raw[at..to]);
            at = to;
            continue;
        }
        at += 2;
        match raw.get(at - 1) {
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'u') => {
                let (c, end) = code_point(raw, at);
                at = end;
                let mut utf8 = [0; 4];
                out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
            }
            Some(other) => out.push(*other),
            None => {}
        }
    }
    out
}

/// The character of the four digits at `at`, and of a second escape if the two make a pair.
fn code_point(raw: &[u8], at: usize) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> {
        let digits = std::str::from_utf8(raw.get(at..at + 4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(high) = unit(at) else {
        return (char::REPLACEMENT_CHARACTER, raw.len());
    };
    let end = at + 4;
    if (0xd800..0xdc00).contains(&high)
        && raw.get(end..end + 2) == Some(b"\\u")
        && let Some(low @ 0xdc00..=0xdfff) = unit(end + 2)
    {
        let pair = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        let c = char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER);
        return (c, end + 6);
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), end)
}

/// How many bytes the text of a JSON string has (given without its quotes), its escapes undone.
#[inline]
pub(crate) fn text_len(raw: &[u8]) -> usize {
    match memchr::memchr(b'\\', raw) {
        None => raw.len(),
        Some(first) => first + escaped_len(&raw[first..]),
    }
}

fn escaped_len(raw: &[u8]) -> usize {
    let (mut at, mut len) = (0, 0);
    while let Some(byte) = raw.get(at) {
        if *byte != b'\\' {
            let to = memchr::memchr(b'\\', &raw[at..]).map_or(raw.len(), |n| at + n);
            len += to - at;
            at = to;
        } else if raw.get(at + 1) == Some(&b'u') {
            let (c, end) = code_point(raw, at + 2);
            len += c.len_utf8();
            at = end;
        } else {
            len += 1;
            at += 2;
        }
    }
    len
}

/// The text of a JSON string value (quotes included), or `None` when it is no string.
pub(crate) fn string_value(value: &[u8]) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    match unescape(inner) {
        Cow::Borrowed(text) => std::str::from_utf8(text).ok().map(Cow::Borrowed),
        Cow::Owned(text) => String::from_utf8(text).ok().map(Cow::Owned),
    }
}

/// Where a part of a text stands in it; `None` when it is no part of it.
pub(crate) fn span_within(text: &[u8], part: &[u8]) -> Option<Span> {
    let from = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let to = from.checked_add(part.len()).filter(|to| *to <= text.len())?;
    Some((from, to))
}

/// A whole number from 0 on, if the value is one.
pub(crate) fn whole(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Appends `text` as a JSON string with its quotes.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let stop = plain(bytes, at);
        out.extend_from_slice(&bytes[at..stop]);
        let Some(b) = bytes.get(stop) else { break };
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            other => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(other >> 4)]);
                out.push(HEX[usize::from(other & 15)]);
            }
        }
        at = stop + 1;
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests;
