//! Pictures, documents and sounds as tokens. In: where they are. Out: an estimate; base64 never counts as text.
//! Never here: a fetch, a decoded picture (only its head is read, for its size).

use crate::vocabulary::Tokenizer;
use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use canon::Media;

/// What something counts whose size cannot be told.
const UNTOLD_TOKENS: u64 = 1_000;
/// Bytes of a document or sound that count as one token.
const BYTES_PER_TOKEN: u64 = 40;
/// So much base64 of a picture is read for its size: a multiple of 4; long profiles may stand before a JPEG's size.
const HEAD_CHARS_MAX: usize = 262_144;
/// OpenAI: the longer side at most, then the shorter one at most, the side of a tile, what a picture and a tile count.
const LONG_SIDE_MAX: u64 = 2_048;
const SHORT_SIDE_MAX: u64 = 768;
const TILE_SIDE: u64 = 512;
const PICTURE_TOKENS: u64 = 85;
const TILE_TOKENS: u64 = 170;
/// Others: the longer side at most, and the pixels of a token.
const OTHERS_SIDE_MAX: u64 = 1_568;
const PIXELS_PER_TOKEN: u64 = 750;

/// Data that ends anywhere, padded or not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A picture.
pub(crate) fn image(source: &Media, detail: Option<&str>, tokenizer: Tokenizer) -> u64 {
    if tokenizer.is_known() && detail == Some("low") {
        return PICTURE_TOKENS;
    }
    match size(source) {
        Some((wide, high)) if tokenizer.is_known() => tiles(wide, high),
        Some((wide, high)) => pixels(wide, high),
        None => UNTOLD_TOKENS,
    }
}

/// A document, but for its text: that is counted where all texts are.
pub(crate) fn document(source: &Media) -> u64 {
    match source {
        Media::Text(_) => 0,
        Media::Base64 { data, .. } => payload(data),
        Media::Url(_) | Media::File(_) => UNTOLD_TOKENS,
    }
}

/// Sound, or anything else in base64.
pub(crate) fn payload(data: &str) -> u64 {
    let bytes = data.len() as u64 / 4 * 3;
    UNTOLD_TOKENS.saturating_add(bytes / BYTES_PER_TOKEN)
}

fn size(source: &Media) -> Option<(u64, u64)> {
    let Media::Base64 { data, .. } = source else { return None };
    let head = data.as_bytes();
    let head = head.get(..HEAD_CHARS_MAX).unwrap_or(head);
    let bytes = LENIENT.decode(head).ok()?;
    let size = imagesize::blob_size(&bytes).ok()?;
    (size.width > 0 && size.height > 0).then_some((size.width as u64, size.height as u64))
}

/// Shrinks two sides so that one of them is at most `most`.
fn shrink(side: u64, other: u64, most: u64) -> (u64, u64) {
    if side <= most { (side, other) } else { (most, (other.saturating_mul(most) / side).max(1)) }
}

fn tiles(wide: u64, high: u64) -> u64 {
    let (long, short) = (wide.max(high), wide.min(high));
    let (long, short) = shrink(long, short, LONG_SIDE_MAX);
    let (short, long) = shrink(short, long, SHORT_SIDE_MAX);
    let tiles = long.div_ceil(TILE_SIDE).saturating_mul(short.div_ceil(TILE_SIDE));
    PICTURE_TOKENS.saturating_add(tiles.saturating_mul(TILE_TOKENS))
}

fn pixels(wide: u64, high: u64) -> u64 {
    let (long, short) = shrink(wide.max(high), wide.min(high), OTHERS_SIDE_MAX);
    long.saturating_mul(short).div_ceil(PIXELS_PER_TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a PNG of a size: all that is read.
    fn png(wide: u32, high: u32) -> Media {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(wide.to_be_bytes());
        bytes.extend(high.to_be_bytes());
        bytes.extend([8, 6, 0, 0, 0]);
        Media::Base64 { mime: "image/png".to_owned(), data: LENIENT.encode(&bytes) }
    }

    #[test]
    fn pictures_count_by_their_size() {
        for (wide, high, openai, others) in [
            (1, 1, 255, 1),
            (512, 512, 255, 350),
            (1024, 1024, 765, 1399),
            (2048, 4096, 1105, 1640),
            (4_000_000_000, 4_000_000_000, 765, 3279),
        ] {
            let picture = png(wide, high);
            assert_eq!(image(&picture, None, Tokenizer::O200k), openai, "{wide} {high}");
            assert_eq!(image(&picture, None, Tokenizer::Unknown), others, "{wide} {high}");
        }
        assert_eq!(image(&png(9, 9), Some("low"), Tokenizer::O200k), 85);
        let odd = Media::Base64 { mime: "image/png".to_owned(), data: "%%".to_owned() };
        for untold in [odd, Media::Url("https://x.example/a.png".to_owned())] {
            assert_eq!(image(&untold, None, Tokenizer::O200k), UNTOLD_TOKENS);
        }
    }

    /// Base64 is no text: a megabyte of it is not a quarter of a million tokens.
    #[test]
    fn documents_count_by_their_bytes() {
        let data = "A".repeat(1_000_000);
        assert_eq!(document(&Media::Base64 { mime: "application/pdf".to_owned(), data: data.clone() }), 19_750);
        assert_eq!(payload(&data), 19_750);
    }
}
