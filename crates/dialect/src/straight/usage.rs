//! Usage objects as clients may see them. In: a provider's object where it stands. Out: edits that leave the official names
//! with counts a client can add up, and whether that is enough. Never here: what is charged.

use super::names::Sieve;
use crate::anthropic::usage::pairs;
use crate::count::is_plain;
use crate::json::{Bad, Items, Members, Pending, skip};
use crate::read::Object;
use crate::splice::Edits;
use units::Usage;

/// What an official member of a usage object holds.
enum Rule {
    /// A whole number or null.
    Count,
    /// One of these words, or null.
    Word(&'static [&'static str]),
    /// An object, or null.
    Group(&'static [(&'static str, Rule)]),
    /// A list of objects, or null.
    List(&'static [(&'static str, Rule)]),
    /// Another name for an official count: it goes, and the object must be written anew for the count to be seen.
    Alias,
}

/// The official names of a dialect's usage, and those that every client reads.
pub(super) struct Rules {
    members: &'static [(&'static str, Rule)],
    needed: &'static [&'static str],
    /// Whether clients read null where nothing was counted.
    nulls: bool,
}

/// Words of `service_tier`, in the envelope of Chat and in the usage of Messages.
pub(super) const TIERS: &[&str] =
    &["auto", "batch", "default", "fast", "flex", "priority", "scale", "standard", "ultrafast"];

/// Chat Completions.
pub(super) const CHAT: Rules = Rules {
    members: &[
        ("prompt_tokens", Rule::Count),
        ("completion_tokens", Rule::Count),
        ("total_tokens", Rule::Count),
        (
            "prompt_tokens_details",
            Rule::Group(&[
                ("cached_tokens", Rule::Count),
                ("cache_write_tokens", Rule::Count),
                ("audio_tokens", Rule::Count),
                ("image_tokens", Rule::Count),
                ("text_tokens", Rule::Count),
            ]),
        ),
        (
            "completion_tokens_details",
            Rule::Group(&[
                ("reasoning_tokens", Rule::Count),
                ("audio_tokens", Rule::Count),
                ("image_tokens", Rule::Count),
                ("text_tokens", Rule::Count),
                ("accepted_prediction_tokens", Rule::Count),
                ("rejected_prediction_tokens", Rule::Count),
            ]),
        ),
        ("input_tokens", Rule::Alias),
        ("output_tokens", Rule::Alias),
        ("cached_tokens", Rule::Alias),
        ("prompt_cache_hit_tokens", Rule::Alias),
    ],
    needed: &["prompt_tokens", "completion_tokens", "total_tokens"],
    nulls: true,
};

const BY_MODALITY: Rule = Rule::List(&[
    ("modality", Rule::Word(&["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"])),
    ("tokenCount", Rule::Count),
]);

/// Gemini.
pub(super) const GEMINI: Rules = Rules {
    members: &[
        ("promptTokenCount", Rule::Count),
        ("cachedContentTokenCount", Rule::Count),
        ("candidatesTokenCount", Rule::Count),
        ("toolUsePromptTokenCount", Rule::Count),
        ("thoughtsTokenCount", Rule::Count),
        ("totalTokenCount", Rule::Count),
        ("promptTokensDetails", BY_MODALITY),
        ("cacheTokensDetails", BY_MODALITY),
        ("candidatesTokensDetails", BY_MODALITY),
        ("toolUsePromptTokensDetails", BY_MODALITY),
    ],
    needed: &["promptTokenCount", "totalTokenCount"],
    nulls: false,
};

const BY_KIND: Rule = Rule::Group(&[("text_tokens", Rule::Count), ("image_tokens", Rule::Count)]);

/// Images.
pub(super) const IMAGES: Rules = Rules {
    members: &[
        ("input_tokens", Rule::Count),
        ("input_tokens_details", BY_KIND),
        ("output_tokens", Rule::Count),
        ("output_tokens_details", BY_KIND),
        ("total_tokens", Rule::Count),
    ],
    needed: &["input_tokens", "output_tokens", "total_tokens"],
    nulls: true,
};

/// Embeddings.
pub(super) const EMBEDDINGS: Rules = Rules {
    members: &[("prompt_tokens", Rule::Count), ("total_tokens", Rule::Count), ("input_tokens", Rule::Alias)],
    needed: &["prompt_tokens", "total_tokens"],
    nulls: true,
};

const CACHE_CREATION: Rule =
    Rule::Group(&[("ephemeral_5m_input_tokens", Rule::Count), ("ephemeral_1h_input_tokens", Rule::Count)]);

/// Messages.
pub(super) const MESSAGES: Rules = Rules {
    members: &[
        ("input_tokens", Rule::Count),
        ("cache_creation_input_tokens", Rule::Count),
        ("cache_read_input_tokens", Rule::Count),
        ("cache_creation", CACHE_CREATION),
        ("output_tokens", Rule::Count),
        ("output_tokens_details", Rule::Group(&[("thinking_tokens", Rule::Count)])),
        (
            "server_tool_use",
            Rule::Group(&[
                ("web_search_requests", Rule::Count),
                ("web_fetch_requests", Rule::Count),
                ("code_execution_requests", Rule::Count),
                ("tool_search_requests", Rule::Count),
            ]),
        ),
        ("service_tier", Rule::Word(TIERS)),
        ("speed", Rule::Word(&["standard", "fast"])),
        ("inference_geo", Rule::Word(&["global", "us", "not_available"])),
        (
            "iterations",
            Rule::List(&[
                ("type", Rule::Word(&["message", "compaction", "advisor_message"])),
                ("input_tokens", Rule::Count),
                ("cache_creation_input_tokens", Rule::Count),
                ("cache_read_input_tokens", Rule::Count),
                ("cache_creation", CACHE_CREATION),
                ("output_tokens", Rule::Count),
            ]),
        ),
    ],
    needed: &["input_tokens", "output_tokens"],
    nulls: true,
};

/// Responses.
pub(super) const RESPONSES: Rules = Rules {
    members: &[
        ("input_tokens", Rule::Count),
        (
            "input_tokens_details",
            Rule::Group(&[
                ("cached_tokens", Rule::Count),
                ("cache_write_tokens", Rule::Count),
                (
                    "cache_write_tokens_details",
                    Rule::Group(&[("ttl_30m_tokens", Rule::Count), ("ttl_12h_tokens", Rule::Count)]),
                ),
            ]),
        ),
        ("output_tokens", Rule::Count),
        ("output_tokens_details", Rule::Group(&[("reasoning_tokens", Rule::Count)])),
        ("total_tokens", Rule::Count),
        ("prompt_tokens", Rule::Alias),
        ("completion_tokens", Rule::Alias),
    ],
    needed: &["input_tokens", "output_tokens", "total_tokens"],
    nulls: true,
};

/// Whether a Responses usage object has both objects with details: readers add up what stands in them.
pub(super) fn has_details(text: &[u8]) -> bool {
    let plain = |group: &str, key: &str| {
        let usage = Object::open(text)?;
        let details = Object::open(usage.get(group)?)?;
        details.get(key).filter(|count| is_plain(count)).map(|_| ())
    };
    plain("input_tokens_details", "cached_tokens").is_some()
        && plain("output_tokens_details", "reasoning_tokens").is_some()
}

/// Whether a JSON value is one of these words.
pub(super) fn is_word(value: &[u8], words: &[&str]) -> bool {
    let inner = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\""));
    inner.is_some_and(|inner| words.iter().any(|word| word.as_bytes() == inner))
}

/// The usage that is charged, as a dialect writes it behind a start.
pub(super) fn anew(start: &[u8], usage: &Usage, write: fn(&Usage, &mut Vec<u8>)) -> Vec<u8> {
    let mut text = start.to_vec();
    write(usage, &mut text);
    text
}

/// Leaves of the usage object at `at` what is official. Says whether that may be shown as it is: every count plain, and
/// none of those missing that a client reads. Otherwise the object is to be written anew.
pub(super) fn clean(text: &[u8], at: usize, rules: &Rules, edits: &mut Edits) -> bool {
    object(text, at, rules, edits).is_ok_and(|(plain, _)| plain)
}

/// Takes out of an object what is not official; says whether all official counts are plain and all needed ones there, and
/// where it ends.
fn object(text: &[u8], at: usize, rules: &Rules, edits: &mut Edits) -> Result<(bool, usize), Bad> {
    let mut plain = true;
    let mut found = 0;
    let mut gone = Vec::new();
    let mut members = Members::new(text, at, 1)?;
    while let Some(key) = members.key()? {
        let verdict = judge(text, &key, rules, edits)?;
        let member = members.done(&key, verdict.end);
        let name = member.name(text);
        found += usize::from(rules.needed.iter().any(|n| n.as_bytes() == &*name) && is_plain(member.text(text)));
        plain &= verdict.plain;
        if !verdict.stays {
            gone.push(member);
        }
    }
    edits.remove(text, &mut gone);
    Ok((plain && found == rules.needed.len(), members.end()))
}

/// The rules of an object inside, in which nothing is needed.
const fn inner(members: &'static [(&'static str, Rule)], nulls: bool) -> Rules {
    Rules { members, needed: &[], nulls }
}

/// What becomes of a member.
struct Verdict {
    stays: bool,
    /// Whether what is left shows every count as it was told.
    plain: bool,
    /// Where its value ends.
    end: usize,
}

/// Judges a member; groups and lists are cleaned where they stand.
fn judge(text: &[u8], key: &Pending, rules: &Rules, edits: &mut Edits) -> Result<Verdict, Bad> {
    let (name, at) = (key.name(text), key.value);
    let nulls = rules.nulls;
    let rule = rules.members.iter().find(|(known, _)| known.as_bytes() == &*name).map(|(_, rule)| rule);
    let inside = match (rule, text.get(at)) {
        (Some(Rule::Group(rules)), Some(b'{')) => Some(object(text, at, &inner(rules, nulls), edits)?),
        (Some(Rule::List(rules)), Some(b'[')) => Some(list(text, at, &inner(rules, nulls), edits)?),
        _ => None,
    };
    if let Some((plain, end)) = inside {
        return Ok(Verdict { stays: true, plain, end });
    }
    let end = skip(text, at, 2)?;
    let value = &text[at..end];
    let (stays, plain) = match rule {
        None => (false, true),
        Some(Rule::Alias) => (false, false),
        Some(_) if value == b"null" => (nulls, true),
        Some(Rule::Count) => (is_plain(value), is_plain(value)),
        Some(Rule::Word(words)) => (is_word(value, words), true),
        Some(Rule::Group(_) | Rule::List(_)) => (false, false),
    };
    Ok(Verdict { stays, plain, end })
}

fn list(text: &[u8], at: usize, rules: &Rules, edits: &mut Edits) -> Result<(bool, usize), Bad> {
    let mut plain = true;
    let mut items = Items::new(text, at, 2)?;
    while let Some(start) = items.start()? {
        let (fine, end) = object(text, start, rules, edits)?;
        items.done(end);
        plain &= fine;
    }
    Ok((plain, items.end()))
}

/// The same for the end of a Messages stream: the counts that are charged are put in, official ones beside them stay.
pub(super) fn complete(text: &[u8], at: usize, usage: &Usage, edits: &mut Edits) -> Result<(), Bad> {
    let mut missing = pairs(usage);
    let mut object = Sieve::new(text, at, 1)?;
    while let Some(key) = object.key()? {
        let name = key.name(text);
        if let Some(n) = missing.iter().position(|(key, _)| key.as_bytes() == &*name) {
            let ours = missing.swap_remove(n).1.to_string().into_bytes();
            let member = object.skip(&key)?;
            if ours != member.text(text) {
                edits.replace(member.value, ours);
            }
            continue;
        }
        let verdict = judge(text, &key, &MESSAGES, edits)?;
        let member = object.done(&key, verdict.end);
        if !verdict.stays {
            object.drop(member);
        }
    }
    let closed = object.close(edits);
    missing.sort_unstable();
    let mut comma = if closed.left > 0 { "," } else { "" };
    for (key, count) in missing {
        edits.insert(closed.last.max(at + 1), format!("{comma}\"{key}\":{count}").into_bytes());
        comma = ",";
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a usage object, and whether it may be shown.
    fn cleaned(text: &str, rules: &Rules) -> (String, bool) {
        let mut edits = Edits::default();
        let plain = clean(text.as_bytes(), 0, rules, &mut edits);
        (String::from_utf8(edits.apply(text.as_bytes())).unwrap(), plain)
    }

    /// R-ERR-7: only official names with plain counts are shown, at every depth.
    #[test]
    fn r_err_7_only_official_names_are_shown() {
        let chat = r#""prompt_tokens":1,"completion_tokens":2,"total_tokens":3"#;
        let messages = r#""input_tokens":1,"output_tokens":2"#;
        for (rules, base, extra, left, plain) in [
            (&CHAT, chat, "", "", true),
            (&CHAT, chat, r#","estimated_cost":0.1,"provider_name":"p","cost_details":{"a":1}"#, "", true),
            (
                &CHAT,
                chat,
                r#","prompt_tokens_details":{"cached_tokens":1,"x":2}"#,
                r#","prompt_tokens_details":{"cached_tokens":1}"#,
                true,
            ),
            (&CHAT, chat, r#","completion_tokens_details":null"#, r#","completion_tokens_details":null"#, true),
            (
                &CHAT,
                chat,
                r#","prompt_tokens_details":{"cached_tokens":"x"}"#,
                r#","prompt_tokens_details":{}"#,
                false,
            ),
            (&CHAT, chat, r#","prompt_tokens_details":"p""#, "", false),
            (&CHAT, chat, r#","prompt_cache_hit_tokens":1"#, "", false),
            (&CHAT, r#""prompt_tokens":1,"completion_tokens":2"#, "", "", false),
            (
                &MESSAGES,
                messages,
                r#","service_tier":"standard","speed":null"#,
                r#","service_tier":"standard","speed":null"#,
                true,
            ),
            (&MESSAGES, messages, r#","service_tier":"p","inference_geo":"p""#, "", true),
            (
                &MESSAGES,
                messages,
                r#","server_tool_use":{"web_search_requests":1,"p":1}"#,
                r#","server_tool_use":{"web_search_requests":1}"#,
                true,
            ),
            (
                &MESSAGES,
                messages,
                r#","cache_creation":{"ephemeral_5m_input_tokens":-1}"#,
                r#","cache_creation":{}"#,
                false,
            ),
            (
                &MESSAGES,
                messages,
                r#","iterations":[{"type":"message","p":1,"output_tokens":2}]"#,
                r#","iterations":[{"type":"message","output_tokens":2}]"#,
                true,
            ),
            (&MESSAGES, r#""input_tokens":1"#, r#","output_tokens":1e3"#, "", false),
            (&MESSAGES, r#""output_tokens":1"#, r#","cost":1"#, "", false),
        ] {
            let expect = (format!("{{{base}{left}}}"), plain);
            assert_eq!(cleaned(&format!("{{{base}{extra}}}"), rules), expect, "{extra}");
        }
    }

    #[test]
    fn the_end_of_a_stream_gets_the_counts_that_are_charged() {
        use units::Class;
        let usage = Usage::NONE.with(Class::Input, 5).with(Class::Output, 2);
        for (text, expect) in [
            ("{}", r#"{"input_tokens":5,"output_tokens":2}"#),
            (r#"{"provider":"p"}"#, r#"{"input_tokens":5,"output_tokens":2}"#),
            (r#"{"output_tokens":"p"}"#, r#"{"output_tokens":2,"input_tokens":5}"#),
            (
                r#"{"cost":1,"output_tokens":2,"speed":"fast"}"#,
                r#"{"output_tokens":2,"speed":"fast","input_tokens":5}"#,
            ),
        ] {
            let mut edits = Edits::default();
            complete(text.as_bytes(), 0, &usage, &mut edits).unwrap();
            assert_eq!(String::from_utf8(edits.apply(text.as_bytes())).unwrap(), expect);
        }
    }
}
