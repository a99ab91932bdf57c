//! The parts of pages that are made of facts: tables and sentences, in Markdown. In: facts. Out: Markdown in which nothing that an
//! operator wrote can mean more than its letters. Never here: HTML, prices by class (pricing).

use crate::facts::{Facts, ModelFact};
use std::fmt::Write;

/// What is written down in the changelog of Tollgate.
const CHANGELOG: &str = include_str!("../../../CHANGELOG.md");

/// A text as plain words of Markdown: what would mark something up is escaped, lines become one.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => {}
            c if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '-' | '/' | ':' | '\'') => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A sentence for who is signed in.
pub fn reader(facts: &Facts) -> String {
    match facts.reader.as_ref() {
        Some(reader) => match &reader.key_prefix {
            Some(prefix) => {
                format!("You are signed in; your newest key begins with `{}`.", prefix.replace('`', ""))
            }
            None => "You are signed in and have no key yet: make one under API keys.".to_owned(),
        },
        None => format!("[Sign in](<{}/sign-in>) to make one.", facts.origin),
    }
}

/// How one comes to an account.
pub fn register(facts: &Facts) -> String {
    match facts.open_registration {
        true => format!("[Sign up](<{}/sign-up>) with your address and a password.", facts.origin),
        false => "Accounts are given out by who runs this service; ask them for an invitation.".to_owned(),
    }
}

/// Whom to ask.
pub fn support(facts: &Facts) -> String {
    let contact = facts.operator.support.trim();
    match contact {
        "" => "Who runs this service has not said how to reach them.".to_owned(),
        link if link.starts_with("https://") && !link.contains(['<', '>', ' ', '\n']) => {
            format!("Support of {}: <{link}>.", plain(facts.name()))
        }
        other => format!("Support of {}: {}.", plain(facts.name()), plain(other)),
    }
}

fn words(list: &[impl AsRef<str>]) -> String {
    list.iter().map(|word| plain(word.as_ref())).collect::<Vec<_>>().join(", ")
}

/// The models that are sold.
pub fn models(facts: &Facts) -> String {
    if facts.models.is_empty() {
        return "No model is sold here yet.\n".to_owned();
    }
    let mut out = String::from(
        "| id | what it is | answers | context | longest answer | can |\n| --- | --- | --- | ---: | ---: | --- |\n",
    );
    for model in &facts.models {
        let longest = if model.serves == "chat" { grouped(model.max_output_tokens) } else { "-".to_owned() };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {longest} | {} |",
            model.id,
            plain(&model.name),
            model.serves,
            grouped(model.context_length),
            words(&model.capabilities),
        );
    }
    out
}

/// Older names of models.
pub fn legacy_names(facts: &Facts) -> String {
    let named: Vec<&ModelFact> = facts.models.iter().filter(|model| !model.legacy_names.is_empty()).collect();
    if named.is_empty() {
        return "Here every model has one name only.\n".to_owned();
    }
    let mut out = String::from("| older name | model |\n| --- | --- |\n");
    for model in named {
        for name in &model.legacy_names {
            let _ = writeln!(out, "| {} | `{}` |", plain(name), model.id);
        }
    }
    out
}

/// Which base URL a kind of client wants, of those that are served here.
pub fn clients(facts: &Facts) -> String {
    let rows = [
        (
            facts.openai.is_some(),
            "OpenAI SDKs, and most tools",
            facts.openai_url(),
            "/chat/completions`, `/responses",
        ),
        (facts.anthropic.is_some(), "Anthropic SDKs, Claude Code", facts.anthropic_url(), "/v1/messages"),
        (facts.gemini.is_some(), "Google Gen AI SDKs", facts.gemini_url(), "/v1beta/models/MODEL:generateContent"),
    ];
    let mut out = String::from("| client | base URL | what it adds by itself |\n| --- | --- | --- |\n");
    for (_, client, url, adds) in rows.iter().filter(|(there, ..)| *there) {
        let _ = writeln!(out, "| {client} | `{url}` | `{adds}` |");
    }
    out
}

/// Where models are called.
pub fn surfaces(facts: &Facts) -> String {
    let mut out =
        String::from("| base URL | speaks | errors look like | chats are streamed |\n| --- | --- | --- | --- |\n");
    for surface in &facts.surfaces {
        let streamed = if surface.always_stream { "always" } else { "when asked" };
        let (origin, base, families) = (&facts.origin, &surface.base, words(&surface.families));
        let _ = writeln!(out, "| `{origin}{base}` | {families} | `{}` | {streamed} |", surface.style);
    }
    out
}

/// What accounts may ask for.
pub fn tiers(facts: &Facts) -> String {
    let mut out = String::from(
        "| tier | whose | requests a minute | at once | requests a day | tokens a minute |\n| --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    for tier in &facts.tiers {
        let who = match tier.when {
            "free" => "accounts without balance and plan",
            "balance" => "accounts with a balance",
            _ => "accounts with the plan of this name",
        };
        let of = |number: Option<u64>| match (tier.fair_use, number) {
            (true, _) => "fair use".to_owned(),
            (false, None) => "no limit".to_owned(),
            (false, Some(number)) => grouped(number),
        };
        let small = |number: Option<u32>| of(number.map(u64::from));
        let _ = writeln!(
            out,
            "| {} | {who} | {} | {} | {} | {} |",
            plain(&tier.name),
            small(tier.requests_per_minute),
            small(tier.concurrent),
            small(tier.requests_per_day),
            of(tier.tokens_per_minute),
        );
    }
    out
}

/// Every way a call can fail.
pub fn faults(facts: &Facts) -> String {
    let mut out = String::from(
        "| status | code | whose business | what happened | what to do |\n| --- | --- | --- | --- | --- |\n",
    );
    for fault in &facts.faults {
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | {} | {} |",
            fault.status, fault.code, fault.who, fault.meaning, fault.remedy
        );
    }
    out
}

/// The changelog without its title, which the page has.
pub fn changelog() -> String {
    let body = CHANGELOG.split_once("\n## ").map_or(CHANGELOG, |(_, rest)| rest);
    format!("## {body}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_operators_are_letters_alone() {
        assert_eq!(plain("a|b <i>*x*</i>\n[y](z) `q`"), "a\\|b \\<i\\>\\*x\\*\\</i\\> \\[y\\]\\(z\\) \\`q\\`");
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_048_576), "1,048,576");
    }

    #[test]
    fn support_is_told_or_said_to_be_missing() {
        let with = |support: &str| {
            let mut facts = Facts::default();
            facts.operator.support = support.into();
            super::support(&facts)
        };
        assert!(with("").contains("has not said"));
        assert!(with("https://x.example/help").contains("<https://x.example/help>"));
        assert!(with("javascript:alert(1)>").contains("javascript:alert\\(1\\)\\>"));
    }
}
