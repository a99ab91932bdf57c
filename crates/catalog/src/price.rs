//! A model's price, checked. In: a price document. Out: exact rates by usage class.
//! Never here: multiplying them with usage (ledger::meter), defaults that make a missing price free.

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
    /// Rates by class; `input` is always there, and `output` where the model answers with tokens.
    Rates {
        /// In the order of `Class`.
        rates: Vec<Rate>,
        /// What each request costs besides its tokens.
        request: NanoUsd,
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
        let mut problems = Vec::new();
        let mut rates: Vec<Rate> = Vec::new();
        let mut request = NanoUsd::ZERO;
        for (field, text) in table {
            if field == "request" {
                match NanoUsd::parse_usd(text) {
                    Ok(amount) if (NanoUsd::ZERO..=REQUEST_MAX).contains(&amount) => request = amount,
                    Ok(_) => problems.push((field.into(), format!("expected 0 to {REQUEST_MAX} USD"))),
                    Err(e) => problems.push((field.into(), e.to_string())),
                }
                continue;
            }
            let Some(class) = Class::ALL.into_iter().find(|c| c.name() == field) else {
                problems.push((field.into(), format!("unknown rate; known are {}, request", known())));
                continue;
            };
            match PicoRate::parse_usd_per_million(text) {
                Ok(rate) => rates.push((class, rate)),
                Err(e) => problems.push((field.into(), e.to_string())),
            }
        }
        rates.sort_unstable_by_key(|(class, _)| *class);
        let needed: &[Class] = match serves {
            Serves::Embeddings => &[Class::Input],
            Serves::Chat | Serves::Images => &[Class::Input, Class::Output],
        };
        for needed in needed {
            let named = problems.iter().any(|(field, _)| field == needed.name());
            if !named && !rates.iter().any(|(class, _)| class == needed) {
                problems.push((needed.name().into(), "this rate is required".into()));
            }
        }
        if problems.is_empty() { Ok(Self::Rates { rates, request }) } else { Err(problems) }
    }
}

/// Money is never read from a binary fraction: what stands without quotes is refused, rate by rate.
fn unquoted(value: &serde_json::Value) -> Vec<(String, String)> {
    const WANTED: &str =
        "rates are decimals in quotes, USD per million tokens (\"1.00\"); or the price is \"free\"";
    let told = |value: &serde_json::Value| format!("{WANTED}; not {value}");
    match value.as_object() {
        Some(table) => {
            let odd = table.iter().filter(|(_, rate)| !rate.is_string());
            odd.map(|(field, rate)| (field.clone(), told(rate))).collect()
        }
        None => vec![(String::new(), told(value))],
    }
}

fn known() -> String {
    Class::ALL.map(Class::name).join(", ")
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
        let Price::Rates { rates, request } = price else { panic!("{price:?}") };
        let pico: Vec<_> = rates.iter().map(|(c, r)| (c.name(), r.pico())).collect();
        assert_eq!(pico, [("input", 2_500_000), ("cached_input", 250_000), ("output", 10_000_000)]);
        assert_eq!(request, NanoUsd::ZERO);
        assert_eq!(read(r#""free""#), Ok(Price::Free));
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
