//! Tiny pictures: real PNG files of one colour. In: a name. Out: bytes, always the same for the same name.
//! Never here: who asks for them.

use sha2::{Digest, Sha256};

const SIDE: u8 = 4;

/// The name of a picture of these words.
pub(crate) fn name(words: &str) -> String {
    Sha256::digest(words).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The picture with a name.
pub(crate) fn picture(name: &str) -> Vec<u8> {
    let colour = Sha256::digest(name);
    // Each row begins with the number of its filter, which is none.
    let row = [&[0][..], &colour[..3].repeat(usize::from(SIDE))].concat();
    let rows = row.repeat(usize::from(SIDE));
    let side = u32::from(SIDE).to_be_bytes();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    // Eight bits for each of three colours; no interlacing.
    chunk(&mut out, b"IHDR", &[&side[..], &side, &[8, 2, 0, 0, 0]].concat());
    chunk(&mut out, b"IDAT", &stored(&rows));
    chunk(&mut out, b"IEND", b"");
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let body = [&kind[..], data].concat();
    out.extend((u32::try_from(data.len()).unwrap_or(u32::MAX)).to_be_bytes());
    out.extend(&body);
    out.extend(crc(&body).to_be_bytes());
}

/// A zlib stream of one block that is not compressed.
fn stored(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let head = [&[0x78, 0x01, 0x01][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in data {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    [&head[..], data, &((high << 16) | low).to_be_bytes()].concat()
}

fn crc(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::{crc, name, picture, stored};

    #[test]
    fn sums_are_those_of_the_formats() {
        assert_eq!(crc(b"IEND"), 0xAE42_6082);
        assert_eq!(stored(b"Wikipedia")[16..], [0x11, 0xE6, 0x03, 0x98]);
    }

    #[test]
    fn a_name_has_one_picture() {
        let name_of = name("a fox");
        assert_eq!(name_of.len(), 24);
        assert_eq!(picture(&name_of), picture(&name_of));
        assert_ne!(picture(&name_of), picture(&name("an oak")));
    }
}
