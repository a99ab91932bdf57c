//! The public price page: every model with every price that is charged, exactly as the catalogue in force has it. In: facts. Out: HTML,
//! Markdown. Never here: rounding, a price that is not in the catalogue.

use crate::facts::{Facts, ModelFact};
use crate::layout::Layout;
use crate::markdown::to_html;
use crate::tables::{grouped, plain};
use std::fmt::Write;

const TITLE: &str = "Prices";
const DESCRIPTION: &str = "What each model costs: these are the prices that are charged.";

/// The page as HTML.
pub fn pricing(facts: &Facts) -> String {
    let body = to_html(&pricing_markdown(facts));
    let layout = Layout {
        markdown: Some("/pricing.md".to_owned()),
        ..Layout::alone((TITLE, DESCRIPTION), "/pricing", &body, facts)
    };
    layout.page()
}

/// The page as Markdown.
pub fn pricing_markdown(facts: &Facts) -> String {
    let mut out = format!(
        "# {TITLE}\n\nIn US dollars, exactly as they are charged, without rounding: the price in force when a call begins counts for it. \
         [How a call is paid](<{}/docs/usage>). Members see the prices of their own workspace in the console; keys that a workspace brings to \
         a provider cost what is told there.\n",
        facts.origin
    );
    for (serves, title, about) in [
        (
            "chat",
            "Conversations",
            "USD for a million tokens of each class. A class that has no price costs as much as the class that it is a part of.",
        ),
        ("embeddings", "Embeddings", "USD for a million tokens."),
        ("images", "Images", "USD for an image, and for a million tokens where there is such a price."),
    ] {
        let models: Vec<&ModelFact> = facts.models.iter().filter(|model| model.serves == serves).collect();
        if !models.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\n## {title}\n\n{about}\n\n{}", table(&models));
        }
    }
    if facts.models.is_empty() {
        out.push_str("\nNo model is sold here yet.\n");
    }
    out
}

/// The classes of tokens that any of these has a price for, in the order of the first that has it.
fn classes<'a>(models: &[&'a ModelFact]) -> Vec<&'a str> {
    let mut out = Vec::new();
    for (class, _) in models.iter().flat_map(|model| &model.rates_usd) {
        if !out.contains(class) {
            out.push(class);
        }
    }
    out
}

fn table(models: &[&ModelFact]) -> String {
    let classes = classes(models);
    let (requests, images) =
        (models.iter().any(|m| m.request_usd.is_some()), models.iter().any(|m| !m.images_usd.is_empty()));
    let (tiers, context) = (models.iter().any(|m| m.tiers.is_some()), models.iter().any(|m| m.context_length > 0));
    let mut columns = vec!["model".to_owned(), "name".to_owned()];
    columns.extend(context.then(|| "context".to_owned()));
    columns.extend(classes.iter().map(|class| format!("`{class}`")));
    columns.extend(classes.is_empty().then(|| "tokens".to_owned()));
    columns.extend(requests.then(|| "each request".to_owned()));
    columns.extend(images.then(|| "each image".to_owned()));
    columns.extend(tiers.then(|| "for".to_owned()));
    let mut out = row(&columns);
    out.push_str(&row(&vec!["---".to_owned(); columns.len()]));
    for model in models {
        let mut cells = vec![format!("`{}`", model.id), plain(&model.name)];
        cells.extend(context.then(|| grouped(model.context_length)));
        for class in &classes {
            let rate = model.rates_usd.iter().find(|(name, _)| name == class);
            cells.push(match rate {
                Some((_, usd)) => usd.clone(),
                None if model.free => "free".to_owned(),
                None => "-".to_owned(),
            });
        }
        cells.extend(classes.is_empty().then(|| if model.free { "free" } else { "-" }.to_owned()));
        cells.extend(requests.then(|| model.request_usd.clone().unwrap_or_else(|| "-".to_owned())));
        let kinds = model
            .images_usd
            .iter()
            .map(|price| format!("{} {}", price.usd, kind(&price.kind)).trim_end().to_owned());
        cells.extend(images.then(|| kinds.collect::<Vec<_>>().join("; ")));
        cells.extend(tiers.then(|| {
            model.tiers.as_ref().map_or_else(|| "everybody".to_owned(), |names| plain(&names.join(", ")))
        }));
        out.push_str(&row(&cells));
    }
    out
}

/// `image.1024x1024.high` is `1024x1024 high`; plain `image` is any.
fn kind(text: &str) -> String {
    let rest = text.strip_prefix("image").unwrap_or(text).trim_start_matches('.');
    plain(&rest.replace('.', " "))
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::ImagePrice;

    /// R-WEB-2: prices stand on the page as the catalogue has them, digit by digit.
    #[test]
    fn r_web_2_prices_are_told_exactly() {
        let paid = ModelFact {
            id: "a".into(),
            name: "A | <b>".into(),
            serves: "chat",
            context_length: 128_000,
            rates_usd: vec![("input", "0.123456789".into()), ("output", "10".into())],
            request_usd: Some("0.000000001".into()),
            ..ModelFact::default()
        };
        let free =
            ModelFact { id: "b".into(), name: "B".into(), serves: "chat", free: true, ..ModelFact::default() };
        let drawn = ModelFact {
            id: "c".into(),
            serves: "images",
            images_usd: vec![ImagePrice { kind: "image.1024x1024.high".into(), usd: "0.04".into() }],
            ..ModelFact::default()
        };
        let facts = Facts { models: vec![paid, free, drawn], ..Facts::default() };
        let told = pricing_markdown(&facts);
        assert!(told.contains("| `a` | A \\| \\<b\\> | 128,000 | 0.123456789 | 10 | 0.000000001 |"), "{told}");
        assert!(told.contains("| `b` | B | 0 | free | free | - |"), "{told}");
        assert!(told.contains("0.04 1024x1024 high"), "{told}");
        assert!(!pricing(&facts).contains("<b>"));
    }
}
