//! What kind of picture bytes are, by how they begin. In: the first bytes. Out: a kind. Whatever a provider says of them does
//! not count: a page or a drawing that runs scripts must never be given out under the house's own address.
//! Never here: a look at the pixels.

/// So many bytes tell every kind.
pub const KIND_BYTES: usize = 12;

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
    /// GIF.
    Gif,
}

impl Kind {
    /// The kind of bytes that begin so; `None` when they are no picture.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            _ => None,
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-API-8: four kinds of pictures are pictures; what a browser would run is none, however it begins.
    #[test]
    fn r_api_8_bytes_are_sniffed() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], Some(Kind::Png)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some(Kind::Jpeg)),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some(Kind::Webp)),
            (b"GIF87a\x01\0", Some(Kind::Gif)),
            (b"GIF89a\x01\0", Some(Kind::Gif)),
            (b"GIF88a\x01\0", None),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"\x89PNG\n\x1a\n", None),
            (b"\xff\xd8", None),
            (b"", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", None),
            (b"<!doctype html>", None),
            (b"\xef\xbb\xbf<html>", None),
            (b" \x89PNG\r\n\x1a\n", None),
            (b"%PDF-1.7", None),
            (b"BM\0\0\0\0", None),
            (b"{\"data\":[]}", None),
        ] {
            assert_eq!(Kind::of(bytes), kind, "{bytes:?}");
            // What is decided of all is decided of the first bytes alone.
            assert_eq!(Kind::of(&bytes[..bytes.len().min(KIND_BYTES)]), kind, "{bytes:?}");
        }
    }
}
