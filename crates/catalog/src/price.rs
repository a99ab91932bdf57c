//! A model's price, checked. In: a price document. Out: exact rates by usage class, prices of images.
//! Never here: multiplying them with usage (ledger::meter), defaults that make a missing price free.

mod image;

pub use image::ImagePrices;

use crate::catalogue::Serves;
use crate::doc::PriceDoc;
use units::{Class, NanoUsd, PicoRate};

/// A request that costs more besides its tokens is a slip of the pen.
const REQUEST_MAX: NanoUsd = NanoUsd::new(1_000_000_000_000);

/// One rate of a price.
pub type Rate = (Class, PicoRate);

/// What a model costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Price {
    /// Explicitly free.
    Free,
    /// Rates by class; `input` is always there, and `output` where the model answers with tokens. A model that serves
    /// images has all three: what its document does not name is part of what it names, and zero here.
    Rates {
        /// In the order of `Class`.
        rates: Vec<Rate>,
        /// What each request costs besides its tokens.
        request: NanoUsd,
        /// What each image costs besides its tokens.
        images: ImagePrices,
    },
}

impl Price {
    /// Reads the price document of a model that serves these calls.
    ///
    /// # Errors
    /// Every problem as (field, sentence).
    pub fn read(doc: &PriceDoc, serves: Serves) -> Result<Self, Vec<(String, String)>> {
        match doc {
            PriceDoc::Word(word) if word == "free" => Ok(Self::Free),
            PriceDoc::Word(word) => {
                Err(vec![(String::new(), format!("expected \"free\" or a table of rates, not \"{word}\""))])
            }
            PriceDoc::Rates(table) => Self::read_rates(table.iter().map(|(k, v)| (k.as_str(), v.as_str())), serves),
            PriceDoc::Other(value) => Err(unquoted(value)),
        }
    }

    fn read_rates<'a>(
        table: impl Iterator<Item = (&'a str, &'a str)>,
        serves: Serves,
    ) -> Result<Self, Vec<(String, String)>> {
        let mut reading = Reading::default();
        for (field, text) in table {
            if let Err(told) = reading.take(field, text, serves) {
                reading.problem(field, told);
            }
        }
        reading.rates.sort_unstable_by_key(|(class, _)| *class);
        let by_tokens =
            !reading.rates.is_empty() || reading.problems.iter().any(|(field, _)| token_rate(field).is_some());
        let needed: &[Class] = match serves {
            Serves::Embeddings => &[Class::Input],
            Serves::Images if !by_tokens => &[],
            Serves::Chat | Serves::Images => &[Class::Input, Class::Output],
        };
        for needed in needed {
            let named = reading.problems.iter().any(|(field, _)| field == needed.name());
            if !named && !reading.rates.iter().any(|(class, _)| class == needed) {
                reading.problem(needed.name(), "this rate is required");
            }
        }
        if serves == Serves::Images && reading.problems.is_empty() {
            reading.complete_images(by_tokens);
        }
        let Reading { problems, rates, request, images } = reading;
        if problems.is_empty() { Ok(Self::Rates { rates, request, images }) } else { Err(problems) }
    }
}

/// What was read of a table so far.
#[derive(Default)]
struct Reading {
    problems: Vec<(String, String)>,
    rates: Vec<Rate>,
    request: NanoUsd,
    images: ImagePrices,
}

impl Reading {
    fn problem(&mut self, field: &str, told: impl Into<String>) {
        self.problems.push((field.to_owned(), told.into()));
    }

    /// Takes one field; gives what was expected of it.
    fn take(&mut self, field: &str, text: &str, serves: Serves) -> Result<(), String> {
        if field == "request" {
            self.request = NanoUsd::parse_usd(text).map_err(|e| e.to_string())?;
            let sane = (NanoUsd::ZERO..=REQUEST_MAX).contains(&self.request);
            return if sane { Ok(()) } else { Err(format!("expected 0 to {REQUEST_MAX} USD")) };
        }
        if self.images.take(field, text)? {
            let fits = serves == Serves::Images;
            return if fits { Ok(()) } else { Err("only a model that serves images has a price for them".into()) };
        }
        let class = token_rate(field).ok_or_else(|| format!("unknown rate; known are {}", known(serves)))?;
        self.rates.push((class, PicoRate::parse_usd_per_million(text).map_err(|e| e.to_string())?));
        Ok(())
    }

    /// What is not named is part of what is (docs/CATALOGUE.md), so something must be.
    fn complete_images(&mut self, by_tokens: bool) {
        if !by_tokens && self.images.is_empty() && self.request == NanoUsd::ZERO {
            self.problem("image", "what an image costs is required: image, or input and output, or request");
        }
        if !by_tokens {
            self.rates = vec![(Class::Input, PicoRate::ZERO), (Class::Output, PicoRate::ZERO)];
        }
        if self.images.is_empty() {
            self.images = ImagePrices::flat(NanoUsd::ZERO);
        }
    }
}

/// The class of tokens whose rate a field is.
fn token_rate(field: &str) -> Option<Class> {
    Class::TOKENS.into_iter().find(|class| class.name() == field)
}

/// Money is never read from a binary fraction: what stands without quotes is refused, rate by rate.
fn unquoted(value: &serde_json::Value) -> Vec<(String, String)> {
    const WANTED: &str =
        "rates are decimals in quotes, USD per million tokens (\"1.00\"); or the price is \"free\"";
    let told = |value: &serde_json::Value| format!("{WANTED}; not {value}");
    match value.as_object() {
        Some(table) => {
            let odd = table.iter().filter(|(_, rate)| !rate.is_string());
            odd.map(|(field, rate)| match rate.is_object() {
                // TOML takes a dot outside of quotes for a table.
                true => (
                    field.clone(),
                    format!("a name with dots stands in quotes: \"{field}.<size>.<quality>\" = \"0.04\""),
                ),
                false => (field.clone(), told(rate)),
            })
            .collect()
        }
        None => vec![(String::new(), told(value))],
    }
}

fn known(serves: Serves) -> String {
    let images = if serves == Serves::Images { ", image, image.<size>.<quality>" } else { "" };
    Class::TOKENS.map(Class::name).join(", ") + ", request" + images
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Price, Vec<(String, String)>> {
        Price::read(&serde_json::from_str(json).unwrap(), Serves::Chat)
    }

    /// R-BILL-3: rates by class, exact to the pico-USD a token.
    #[test]
    fn rates_are_read_exactly() {
        let price = read(r#"{"output":"10.00","input":"2.50","cached_input":"0.25"}"#).unwrap();
        let Price::Rates { rates, request, images } = price else { panic!("{price:?}") };
        let pico: Vec<_> = rates.iter().map(|(c, r)| (c.name(), r.pico())).collect();
        assert_eq!(pico, [("input", 2_500_000), ("cached_input", 250_000), ("output", 10_000_000)]);
        assert_eq!(request, NanoUsd::ZERO);
        assert!(images.is_empty());
        assert_eq!(read(r#""free""#), Ok(Price::Free));
    }

    /// R-BILL-3: pictures are priced by the piece, by tokens, by the request, or by any of them together.
    #[test]
    fn images_are_priced_by_the_piece() {
        let read = |json: &str| Price::read(&serde_json::from_str(json).unwrap(), Serves::Images);
        let price = read(r#"{"image":"0.04","image.1024x1024.hd":"0.08"}"#).unwrap();
        let Price::Rates { rates, images, .. } = price else { panic!("{price:?}") };
        // Their tokens are part of that, and said to be.
        assert_eq!(rates, [(Class::Input, PicoRate::ZERO), (Class::Output, PicoRate::ZERO)]);
        assert_eq!(images.dearest(Some("1024x1024"), Some("hd")), Some(NanoUsd::new(80_000_000)));
        assert_eq!(images.dearest(Some("1024x1024"), Some("standard")), Some(NanoUsd::new(40_000_000)));
        for other in [r#"{"input":"5","output":"40"}"#, r#"{"request":"0.05"}"#] {
            let price = read(other).unwrap();
            let Price::Rates { images, .. } = price else { panic!("{price:?}") };
            assert_eq!(images, ImagePrices::flat(NanoUsd::ZERO), "{other}");
        }
        for (json, fields) in [
            ("{}", &["image"][..]),
            (r#"{"request":"0"}"#, &["image"]),
            (r#"{"image":"0.04","input":"5"}"#, &["output"]),
            (r#"{"image":"x","input":"5","output":"y"}"#, &["image", "output"]),
            (r#"{"image":"1","image.hd":"2","images":"3"}"#, &["image.hd", "images"]),
            (r#"{"image":{"1024x1024":{"hd":"0.08"}}}"#, &["image"]),
        ] {
            let problems = read(json).unwrap_err();
            let found: Vec<_> = problems.iter().map(|(f, _)| f.as_str()).collect();
            assert_eq!(found, fields, "{problems:?}");
        }
        let told = &read(r#"{"image":{"1024x1024":{"hd":"0.08"}}}"#).unwrap_err()[0].1;
        assert!(told.contains("in quotes"), "{told}");
        let chat = serde_json::from_str(r#"{"input":"1","output":"1","image":"1"}"#).unwrap();
        assert_eq!(Price::read(&chat, Serves::Chat).unwrap_err()[0].0, "image");
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let problems = read(r#"{"input":"-1","inptu":"2","output":"0.0000001"}"#).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|(f, _)| f.as_str()).collect();
        assert_eq!(fields, ["inptu", "input", "output"]);
        assert!(read(r#""gratis""#).is_err());
        assert!(read(r#"{"input":"1","output":"1","request":"1000"}"#).is_ok());
        assert!(read(r#"{"input":"1","output":"1","request":"1000.01"}"#).is_err());
        assert!(read("{}").unwrap_err().iter().any(|(f, _)| f == "input"));
        let embedding = serde_json::from_str(r#"{"input":"0.02"}"#).unwrap();
        assert!(Price::read(&embedding, Serves::Embeddings).is_ok());
        assert!(Price::read(&embedding, Serves::Chat).is_err());
    }
}
