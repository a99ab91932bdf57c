//! Media inside requests. In: data URLs. Out: a media type and base64. Never here: a fetch, a look into the bytes.

use crate::read::At;
use canon::{BlockKind, Loss, Media};
use std::borrow::Cow;

/// Splits `data:<type>;base64,<data>`.
pub(crate) fn data_url(url: &str) -> Option<Media> {
    let rest = url.strip_prefix("data:")?;
    let (head, data) = rest.split_once(',')?;
    let mime = head.strip_suffix(";base64")?;
    let mime = mime.split(';').next().unwrap_or_default();
    Some(Media::Base64 { mime: mime.to_owned(), data: data.to_owned() })
}

/// A document of a data URL, which stands at a place; text becomes text.
pub(crate) fn document(url: &str, title: Option<String>, at: &At<'_>, losses: &mut Vec<Loss>) -> Option<BlockKind> {
    let source = data_url(url)?;
    let source = match source {
        Media::Base64 { mime, data } if mime.starts_with("text/") => {
            let bytes = decode_base64(&data)?;
            if mime != "text/plain" {
                let why = "text documents are sent as plain text";
                losses.push(Loss::approximated(at.to_string(), why));
            }
            Media::Text(String::from_utf8(bytes).ok()?)
        }
        other => other,
    };
    Some(BlockKind::Document { source, title, context: None })
}

/// Base64 in the standard alphabet and with its padding, whichever alphabet it came in.
pub(crate) fn standard_base64(text: &str) -> Cow<'_, str> {
    let bare = text.trim_end_matches('=');
    let plain = !bare.contains(['-', '_']);
    if plain && text.len().is_multiple_of(4) {
        return Cow::Borrowed(text);
    }
    let mut out = if plain { bare.to_owned() } else { bare.replace('-', "+").replace('_', "/") };
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    Cow::Owned(out)
}

/// Bytes as standard base64.
pub(crate) fn encode_base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4 {
            let six = (bits >> (18 - 6 * n)) as usize & 63;
            out.push(if n <= chunk.len() { char::from(ALPHABET[six]) } else { '=' });
        }
    }
    out
}

/// Standard base64 with or without its padding.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        for (text, bytes) in
            [("", &b""[..]), ("aGk=", b"hi"), ("aGk", b"hi"), ("w6k=", "é".as_bytes()), ("AAECAw==", &[0, 1, 2, 3])]
        {
            assert_eq!(decode_base64(text).as_deref(), Some(bytes), "{text}");
            assert_eq!(encode_base64(bytes), *standard_base64(text), "{text}");
        }
        assert_eq!(standard_base64("-_-_AA"), "+/+/AA==");
        assert_eq!(decode_base64("a-b"), None);
        assert!(data_url("data:image/png;base64,AA==").is_some());
        assert_eq!(data_url("data:image/png,AA"), None);
    }
}
