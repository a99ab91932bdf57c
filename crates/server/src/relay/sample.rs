//! A sample of a request, by which its prompt is counted where no provider reports it. In: a body that is let go, the request's id.
//! Out: the tokens of so many bytes of it. Never here: whether they are charged (usage).
//!
//! Who pays knows the whole body, so the places of the pieces must not be known: they hang on the request's id, which nobody knows
//! before the body is here.

use crate::limits::{SAMPLE_BYTES, SAMPLE_PIECES};
use foldhash::quality::FixedState;
use std::hash::BuildHasher;
use tokens::Tokenizer;
use units::{RequestId, Tokens};

/// The size of a piece.
const PIECE_BYTES: usize = SAMPLE_BYTES / SAMPLE_PIECES;
/// The longest escape of a JSON string, `\uXXXX`.
const ESCAPE_BYTES: usize = 6;

/// Pieces from all over a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sample(Box<[u8]>);

impl Sample {
    /// Of a body: a piece from each part of it. Nothing is kept of a short one, which pieces would not make shorter.
    pub fn of(body: &[u8], id: RequestId) -> Self {
        if body.len() <= SAMPLE_BYTES {
            return Self::default();
        }
        let places = FixedState::with_seed(seed(id));
        let mut kept = Vec::with_capacity(SAMPLE_BYTES);
        for n in 0..SAMPLE_PIECES {
            let (from, to) = (body.len() * n / SAMPLE_PIECES, body.len() * (n + 1) / SAMPLE_PIECES);
            // As likely at each byte of the part as at any other; at the end it goes on with the beginning.
            let place = from + usize::try_from(places.hash_one(n)).unwrap_or(0) % (to - from);
            kept.extend(body[place..].iter().chain(body).take(PIECE_BYTES));
        }
        Self(kept.into())
    }

    /// The tokens of so many bytes of the body; `None` where nothing was kept.
    pub fn tokens(&self, bytes: u64, tokenizer: Tokenizer) -> Option<Tokens> {
        let (mut text, mut sampled) = (String::with_capacity(self.0.len()), 0);
        for piece in self.0.chunks(PIECE_BYTES) {
            let piece = whole_escapes(piece);
            sampled += piece.len() as u64;
            unescape(piece, &mut text);
        }
        (sampled > 0).then(|| tokenizer.count(&text).saturating_mul(bytes).div_ceil(sampled))
    }
}

/// What only this process knew until the request was answered.
fn seed(id: RequestId) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = id.bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// A piece without the part of an escape that it begins or ends with.
fn whole_escapes(piece: &[u8]) -> &[u8] {
    let piece = match piece.iter().take(ESCAPE_BYTES).position(|byte| *byte == b'\\') {
        Some(n) if piece[..n].iter().all(|byte| *byte == b'u' || byte.is_ascii_hexdigit()) => &piece[n..],
        _ => piece,
    };
    let last = piece.len().saturating_sub(ESCAPE_BYTES - 1);
    match piece[last..].iter().rposition(|byte| *byte == b'\\') {
        Some(n) if piece.get(last + n + 1).is_none_or(|byte| *byte == b'u') => &piece[..last + n],
        _ => piece,
    }
}

/// The text that escapes stand for: a character that is written as six bytes is not six bytes of text.
fn unescape(piece: &[u8], text: &mut String) {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = piece;
    while let Some((byte, after)) = rest.split_first() {
        if let Some(unit) = unit_of(rest) {
            units.push(unit);
            rest = &rest[ESCAPE_BYTES..];
            continue;
        }
        text.extend(char::decode_utf16(units.drain(..)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        let plain = match (byte, after.first()) {
            (b'\\', Some(b'n')) => Some('\n'),
            (b'\\', Some(b't')) => Some('\t'),
            (b'\\', Some(b'r')) => Some('\r'),
            (b'\\', Some(b'"' | b'\\' | b'/')) => after.first().map(|byte| char::from(*byte)),
            _ => None,
        };
        if let Some(plain) = plain {
            text.push(plain);
            rest = &rest[2..];
            continue;
        }
        let end = after.iter().position(|byte| *byte == b'\\').map_or(rest.len(), |n| n + 1);
        text.push_str(&String::from_utf8_lossy(&rest[..end]));
        rest = &rest[end..];
    }
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

/// The unit of UTF-16 that an escape at the beginning says.
fn unit_of(rest: &[u8]) -> Option<u16> {
    let digits = rest.get(..ESCAPE_BYTES)?.strip_prefix(b"\\u")?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Timestamp;

    fn id(n: u64) -> RequestId {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
        RequestId::new(Timestamp::from_ms(1), random)
    }

    fn counted(text: &str) -> u64 {
        Tokenizer::O200k.count(text)
    }

    fn estimated(body: &str, n: u64) -> u64 {
        Sample::of(body.as_bytes(), id(n)).tokens(body.len() as u64, Tokenizer::O200k).unwrap()
    }

    /// Words that cost a token each two bytes or so, and none is like another.
    fn words(bytes: usize) -> String {
        (0_u64..)
            .map(|n| format!("{:x} ", n.wrapping_mul(2_654_435_761)))
            .scan(0, |all, word| {
                *all += word.len();
                (*all < bytes).then_some(word)
            })
            .collect()
    }

    #[test]
    fn a_sample_is_from_all_over() {
        let body: Vec<u8> = (0..100_000_u32).map(|n| u8::try_from(n / 1_000).unwrap()).collect();
        let Sample(sample) = Sample::of(&body, id(1));
        assert_eq!(sample.len(), SAMPLE_BYTES);
        for part in 0..SAMPLE_PIECES {
            let bytes = 100 * part / SAMPLE_PIECES..=100 * (part + 1) / SAMPLE_PIECES + 1;
            assert!(sample.iter().any(|byte| bytes.contains(&usize::from(*byte))), "{part}");
        }
        assert_eq!(Sample::of(&body[..SAMPLE_BYTES], id(1)).tokens(9, Tokenizer::O200k), None, "a short one");
        assert_ne!(Sample::of(&body, id(1)), Sample::of(&body, id(2)), "the places are known");
    }

    /// R-WIRE-6: who knows how pieces lie, but not where, pays no less on the whole, wherever they put what costs little.
    #[test]
    fn r_wire_6_cheap_text_at_no_place_makes_a_prompt_cheap() {
        for size in [2_100, 5_000, 40_000, 200_000] {
            let part = size / SAMPLE_PIECES;
            let dear = words(size);
            let dear = dear.as_bytes();
            // Where pieces lay once; where a part begins, ends, has its middle; one part in two.
            let patterns: [&dyn Fn(usize) -> bool; 5] = [
                &|n| n % ((size - PIECE_BYTES) / (SAMPLE_PIECES - 1)) < PIECE_BYTES.min(part / 2),
                &|n| n % part < part / 3,
                &|n| n % part > 2 * part / 3,
                &|n| (part / 3..2 * part / 3).contains(&(n % part)),
                &|n| (n / part).is_multiple_of(2),
            ];
            for (which, is_blank) in patterns.iter().enumerate() {
                let body: Vec<u8> =
                    dear.iter().enumerate().map(|(n, byte)| if is_blank(n) { b' ' } else { *byte }).collect();
                let body = String::from_utf8(body).unwrap();
                let mean = (0..100).map(|n| estimated(&body, n)).sum::<u64>() / 100;
                let (least, most) = (counted(&body) * 92 / 100, counted(&body) * 125 / 100);
                assert!((least..most).contains(&mean), "{which} of {size}: {mean}, not {}", counted(&body));
            }
        }
    }

    /// R-WIRE-6: text that a client writes as escapes costs what it costs otherwise.
    #[test]
    fn r_wire_6_escaped_text_counts_as_what_it_says() {
        let text = "世界你好，这是一个很长的句子。 She said: \"no\"\n\tand went \u{1F600}. ".repeat(300);
        let ascii = |c: char| match c {
            '"' => "\\\"".to_owned(),
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            c if c.is_ascii() => c.to_string(),
            c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        };
        let escaped: String = text.chars().map(ascii).collect();
        assert!(escaped.len() > text.len() * 3 / 2);
        let mean = (0..100).map(|n| estimated(&escaped, n)).sum::<u64>() / 100;
        assert!(mean.abs_diff(counted(&text)) < counted(&text) / 8, "{mean}, not {}", counted(&text));
    }

    #[test]
    fn pieces_of_escapes_are_no_text() {
        for (piece, whole) in [
            ("4e16\\u754c rest", "\\u754c rest"),
            ("u4e16\\n rest", "\\n rest"),
            ("face\\u00", ""),
            ("words\\u4e1", "words"),
            ("words \\", "words "),
            ("words\\n", "words\\n"),
            ("xyz\\u4e16 and", "xyz\\u4e16 and"),
            ("no escape", "no escape"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(whole_escapes(piece.as_bytes())), whole, "{piece}");
        }
        for (piece, text) in [
            ("a\\u4e16\\u754cb", "a世界b"),
            ("\\ud83d\\ude00", "\u{1F600}"),
            ("\\ud83d!", "\u{FFFD}!"),
            ("\\n\\t\\r\\\"\\\\\\/", "\n\t\r\"\\/"),
            ("\\x\\u12g4\\", "\\x\\u12g4\\"),
            ("日本", "日本"),
        ] {
            let mut found = String::new();
            unescape(piece.as_bytes(), &mut found);
            assert_eq!(found, text, "{piece}");
        }
    }
}
