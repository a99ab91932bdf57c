//! Images: words in, pictures out. In: requests of OpenAI's dialect, answers of OpenAI-kind and Gemini servers. Out: what a
//! server of the other kind gets; answers in OpenAI's dialect; what was made. Never here: a conversation, a pixel, a fetch.

pub(crate) mod form;
pub(crate) mod gemini;
mod ratio;

use crate::convert::Encoded;
use crate::json::{Span, push_string};
use crate::lane::{StreamFault, StreamSpec};
use crate::splice::Edits;
use crate::straight::read_images;
use crate::target::Target;
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Tally};

/// Most images that one request makes.
pub(crate) const IMAGES_MAX: u64 = 10;

/// What pictures a client awaits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pictures {
    /// How many at most; 0 where the request is about something else.
    pub count: u32,
    /// The size asked for, as `<width>x<height>` or `auto`.
    pub size: Option<String>,
    /// The quality asked for, in the model's own words.
    pub quality: Option<String>,
    /// How they are to be told.
    pub form: PictureForm,
}

/// How a picture is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureForm {
    /// As the server does it by itself.
    #[default]
    Any,
    /// By an address.
    Url,
    /// By its bytes, as base64.
    Base64,
}

/// What came, as far as a price depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// How many images.
    pub count: u32,
    /// Their size, where the server tells it.
    pub size: Option<String>,
    /// Their quality, where the server tells it.
    pub quality: Option<String>,
}

/// An answer with pictures, read once; it waits for the charge.
#[derive(Debug)]
pub(crate) struct ImagesAnswer {
    pub body: Bytes,
    pub edits: Edits,
    pub tally: Tally,
    pub made: Made,
    /// Where addresses stand, and what they are.
    pub urls: Vec<(Span, String)>,
}

impl ImagesAnswer {
    /// Tells other addresses, in the order of the pictures.
    pub fn readdress(&mut self, addresses: &[String]) {
        for ((span, _), address) in self.urls.iter().zip(addresses) {
            let mut text = Vec::with_capacity(address.len() + 2);
            push_string(&mut text, address);
            self.edits.replace(*span, text);
        }
    }

    /// The body for the client. What the server told of its tokens stays, whole or not at all: this dialect can do without.
    pub fn seal(self) -> Bytes {
        if self.edits.is_empty() { self.body } else { Bytes::from(self.edits.apply(&self.body)) }
    }
}

/// The body for a server that speaks another dialect than the client. A server that speaks the client's gets what
/// `straight::prepare` makes.
///
/// # Errors
/// A fault that names what cannot be said in the server's dialect.
pub fn encode_images(body: &Bytes, target: &Target) -> Result<Encoded, Fault> {
    match target.dialect {
        Dialect::GeminiImages => gemini::encode(body),
        _ => Err(Fault::new(FaultKind::Internal, "This dialect has no images.")),
    }
}

/// Reads an answer that is valid UTF-8.
pub(crate) fn read(spec: &StreamSpec, body: &Bytes) -> Result<ImagesAnswer, StreamFault> {
    match spec.upstream {
        Dialect::GeminiImages => gemini::read(spec, body),
        _ => read_images(spec, body),
    }
}

/// Whether a text is base64 of something, whole: readers fail on anything else.
pub(crate) fn is_base64(text: &str) -> bool {
    let bare = text.trim_end_matches('=');
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    !bare.is_empty() && text.len().is_multiple_of(4) && text.len() - bare.len() <= 2 && bare.bytes().all(plain)
}

/// Whether a text is an address that a picture can be fetched from.
pub(crate) fn is_address(text: &str) -> bool {
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// `<width>x<height>` as numbers from 1 to 99999.
pub(crate) fn size_of(text: &str) -> Option<(u32, u32)> {
    let side = |half: &str| {
        let digits = (1..=5).contains(&half.len()) && half.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| half.parse().ok()).flatten().filter(|n| *n > 0)
    };
    let (width, height) = text.split_once('x')?;
    Some((side(width)?, side(height)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_base64_is_told_from_the_rest() {
        for (text, whole) in [
            ("aGk=", true),
            ("aGkh", true),
            ("aA==", true),
            ("", false),
            ("=", false),
            ("====", false),
            ("a===", false),
            ("aGk", false),
            ("aG k", false),
            ("a-_k", false),
            ("aG=k", false),
        ] {
            assert_eq!(is_base64(text), whole, "{text}");
        }
    }

    #[test]
    fn sizes_are_two_numbers() {
        assert_eq!(size_of("1024x1536"), Some((1024, 1536)));
        for text in ["", "x", "1024", "0x1", "1x0", "1x", "+1x2", "1x2x3", "123456x1", "1X2"] {
            assert_eq!(size_of(text), None, "{text}");
        }
    }
}
