//! What an image costs by its size and quality. In: fields of a price document. Out: prices, and the dearest that fits what is
//! known of an image. Never here: how many images came, tokens.

use units::NanoUsd;

/// An image that costs more is a slip of the pen.
const IMAGE_MAX: NanoUsd = NanoUsd::new(1_000_000_000_000);
/// Longest word for a size or a quality, in bytes.
const WORD_BYTES_MAX: usize = 32;

/// What one image costs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ImagePrices {
    any: Option<NanoUsd>,
    named: Vec<Named>,
}

/// The price of one size and quality.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    size: String,
    quality: String,
    price: NanoUsd,
}

impl ImagePrices {
    /// Every image costs the same.
    pub const fn flat(price: NanoUsd) -> Self {
        Self { any: Some(price), named: Vec::new() }
    }

    /// Whether no price is known.
    pub const fn is_empty(&self) -> bool {
        self.any.is_none() && self.named.is_empty()
    }

    /// Each price under its field of the document.
    pub fn iter(&self) -> impl Iterator<Item = (String, NanoUsd)> + '_ {
        let any = self.any.map(|price| ("image".to_owned(), price));
        any.into_iter().chain(self.named.iter().map(|n| (format!("image.{}.{}", n.size, n.quality), n.price)))
    }

    /// The dearest price that an image may have of which so much is known, in nano-USD. What the request leaves open (`auto`
    /// or nothing) may become anything that has a price. `None` where no price fits: then the image cannot be sold.
    pub fn dearest(&self, size: Option<&str>, quality: Option<&str>) -> Option<NanoUsd> {
        let [size, quality] = [size, quality].map(|word| word.filter(|word| *word != "auto"));
        let fits = |known: Option<&str>, word: &str| known.is_none_or(|known| known == word);
        let mut fitting = self.named.iter().filter(|n| fits(size, &n.size) && fits(quality, &n.quality));
        if size.is_some() && quality.is_some() {
            return fitting.next().map(|named| named.price).or(self.any);
        }
        fitting.map(|named| named.price).chain(self.any).max()
    }

    /// Takes a field of a price document; `false` where it is about something else.
    ///
    /// # Errors
    /// What was expected.
    pub(super) fn take(&mut self, field: &str, text: &str) -> Result<bool, String> {
        let Some(rest) = field.strip_prefix("image").filter(|rest| rest.is_empty() || rest.starts_with('.')) else {
            return Ok(false);
        };
        let price = NanoUsd::parse_usd(text).map_err(|error| error.to_string())?;
        if !(NanoUsd::ZERO..=IMAGE_MAX).contains(&price) {
            return Err(format!("expected 0 to {IMAGE_MAX} USD an image"));
        }
        let Some(rest) = rest.strip_prefix('.') else {
            self.any = Some(price);
            return Ok(true);
        };
        match rest.split_once('.') {
            Some((size, quality)) if is_word(size) && is_word(quality) => {
                self.named.push(Named { size: size.to_owned(), quality: quality.to_owned(), price });
                Ok(true)
            }
            _ => {
                Err("expected image.<size>.<quality> with both as the model calls them (image.1024x1024.high), or \
                      image for every other; no image comes out as auto"
                    .to_owned())
            }
        }
    }
}

fn is_word(word: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b':');
    (1..=WORD_BYTES_MAX).contains(&word.len()) && word != "auto" && word.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(fields: &[(&str, &str)]) -> ImagePrices {
        let mut prices = ImagePrices::default();
        for (field, text) in fields {
            assert_eq!(prices.take(field, text), Ok(true), "{field}");
        }
        prices
    }

    fn milli(usd: i64) -> Option<NanoUsd> {
        Some(NanoUsd::new(usd * 1_000_000))
    }

    /// R-BILL-3: the price of an image is that of its size and quality; what is left open costs the dearest.
    #[test]
    fn the_dearest_price_that_fits_is_found() {
        let named = [
            ("image.1024x1024.low", "0.011"),
            ("image.1024x1024.high", "0.167"),
            ("image.1536x1024.low", "0.016"),
            ("image.1536x1024.high", "0.25"),
        ];
        let (closed, open) = (prices(&named), prices(&[&named[..], &[("image", "0.1")]].concat()));
        for (size, quality, closed_price, open_price) in [
            (Some("1024x1024"), Some("low"), milli(11), milli(11)),
            (Some("1024x1024"), Some("auto"), milli(167), milli(167)),
            (Some("1024x1024"), None, milli(167), milli(167)),
            (None, Some("low"), milli(16), milli(100)),
            (Some("auto"), Some("auto"), milli(250), milli(250)),
            (None, None, milli(250), milli(250)),
            (Some("1024x1024"), Some("medium"), None, milli(100)),
            (Some("512x512"), None, None, milli(100)),
        ] {
            assert_eq!(closed.dearest(size, quality), closed_price, "{size:?} {quality:?}");
            assert_eq!(open.dearest(size, quality), open_price, "{size:?} {quality:?}");
        }
        assert_eq!(ImagePrices::default().dearest(None, None), None);
        assert_eq!(ImagePrices::flat(NanoUsd::ZERO).dearest(Some("a"), Some("b")), Some(NanoUsd::ZERO));
        assert_eq!(open.iter().count(), 5);
    }

    #[test]
    fn every_refusal_says_what_was_expected() {
        for (field, text, wanted) in [
            ("image.1024x1024", "0.1", "image.<size>.<quality>"),
            ("image.1024x1024.", "0.1", "image.<size>.<quality>"),
            ("image..high", "0.1", "image.<size>.<quality>"),
            ("image.a.b.c", "0.1", "image.<size>.<quality>"),
            ("image.1024x1024.auto", "0.1", "auto"),
            ("image.1024X1024.high", "0.1", "image.<size>.<quality>"),
            ("image", "1000.01", "0 to 1000.00 USD"),
            ("image", "-1", "0 to 1000.00 USD"),
            ("image", "0.0000000001", "9"),
            ("image", "a", ""),
        ] {
            let told = ImagePrices::default().take(field, text).unwrap_err();
            assert!(told.contains(wanted), "{field}: {told}");
        }
        for other in ["images", "imagery.a.b", "input", "request"] {
            assert_eq!(ImagePrices::default().take(other, "1"), Ok(false));
        }
    }
}
