//! Puts the facts of a deployment into a text. In: a text with `{{word}}` in it. Out: the text. Never here: HTML; a word that no page has
//! (a test fills every page).

use crate::facts::Facts;
use crate::tables;

/// The text with every place filled; a word that is not known stays, as in samples that have braces of their own.
pub fn fill(text: &str, facts: &Facts) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let inner = from.get(2..).unwrap_or_default();
        let word = inner.split_once("}}").map(|(word, _)| word).filter(|word| is_word(word));
        match word.and_then(|word| Some((word, value(word, facts)?))) {
            Some((word, value)) => {
                out.push_str(&value);
                rest = inner.get(word.len() + 2..).unwrap_or_default();
            }
            None => {
                out.push_str("{{");
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn value(word: &str, facts: &Facts) -> Option<String> {
    Some(match word {
        "origin" => facts.origin.clone(),
        "name" => tables::plain(facts.name()),
        "openai_url" => facts.openai_url(),
        "anthropic_url" => facts.anthropic_url(),
        "messages_url" => facts.messages_url(),
        "gemini_url" => facts.gemini_url(),
        "generate_url" => facts.generate_url(),
        "account_url" => facts.account_url(),
        "key_prefix" => facts.key_prefix.clone(),
        "model" => facts.chat_model().to_owned(),
        "thinking_model" => facts.thinking_model().to_owned(),
        "long_model" => facts.long_model().to_owned(),
        "embedding_model" => facts.embedding_model().to_owned(),
        "image_model" => facts.image_model().to_owned(),
        "body_mb" => (facts.body_bytes_max / 1_048_576).max(1).to_string(),
        "kept_hours" => facts.kept_hours.to_string(),
        "reader" => tables::reader(facts),
        "register" => tables::register(facts),
        "support" => tables::support(facts),
        "models" => tables::models(facts),
        "legacy_names" => tables::legacy_names(facts),
        "clients" => tables::clients(facts),
        "surfaces" => tables::surfaces(facts),
        "tiers" => tables::tiers(facts),
        "faults" => tables::faults(facts),
        "changelog" => tables::changelog(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::PAGES;

    /// R-WEB-2: every place on every page is one that is known.
    #[test]
    fn r_web_2_no_place_on_a_page_stays_empty() {
        for entry in PAGES {
            let filled = fill(entry.text, &Facts::default());
            let left = filled.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(word, _)| word);
            let left: Vec<&str> = left.filter(|word| is_word(word)).collect();
            assert!(left.is_empty(), "{}: {left:?}", entry.name);
        }
    }

    #[test]
    fn braces_of_a_sample_stay() {
        let facts = Facts { origin: "https://x.example".into(), ..Facts::default() };
        assert_eq!(
            fill("{{origin}}/v1 {{\"a\":{}}} {{Origin}} {{", &facts),
            "https://x.example/v1 {{\"a\":{}}} {{Origin}} {{"
        );
    }
}
