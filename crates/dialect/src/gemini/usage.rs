//! Usage of Gemini. In: its `usageMetadata` objects, cumulative, one or many. Out: disjoint classes, and back.
//! Never here: a price, a panic on any count.

use crate::count::{count, each, newer, plain_count};
use crate::read::{Object, elements};
use crate::write::Writer;
use serde_json::Value;
use units::{Class, Usage};

/// The counts as the server tells them; the newest of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GeminiCounts {
    prompt: Option<u64>,
    /// What results of the server's own tools added to the prompt; the count of the prompt leaves it out.
    tools: Option<u64>,
    cached: Option<u64>,
    pub candidates: Option<u64>,
    /// Reasoning; the count of the candidates leaves it out.
    pub thoughts: Option<u64>,
    pub total: Option<u64>,
    audio_in: Option<u64>,
    audio_cached: Option<u64>,
    audio_out: Option<u64>,
}

impl GeminiCounts {
    /// Takes a `usageMetadata` object over what was told before.
    pub fn take(&mut self, json: &[u8]) {
        let mut told = Self::default();
        if told.read_plain(json).is_some() {
            self.take_told(&told);
        } else if let Ok(value) = serde_json::from_slice::<Value>(json) {
            self.take_told(&Self::of_value(&value));
        }
    }

    /// Reads an object whose counts are all plain whole numbers, without a built document.
    fn read_plain(&mut self, json: &[u8]) -> Option<()> {
        each(json, 0, |name, _, value| match name {
            b"promptTokenCount" => plain_count(value, &mut self.prompt),
            b"toolUsePromptTokenCount" => plain_count(value, &mut self.tools),
            b"cachedContentTokenCount" => plain_count(value, &mut self.cached),
            b"candidatesTokenCount" => plain_count(value, &mut self.candidates),
            b"thoughtsTokenCount" => plain_count(value, &mut self.thoughts),
            b"totalTokenCount" => plain_count(value, &mut self.total),
            b"promptTokensDetails" => audio(value, &mut self.audio_in),
            b"cacheTokensDetails" => audio(value, &mut self.audio_cached),
            b"candidatesTokensDetails" => audio(value, &mut self.audio_out),
            _ => Some(()),
        })
    }

    /// The same of a parsed object with odd counts.
    fn of_value(value: &Value) -> Self {
        let at = |key: &str| value.get(key).and_then(count);
        let audio = |key: &str| {
            let list = value.get(key)?.as_array()?;
            let sound = list.iter().find(|one| one.get("modality").and_then(Value::as_str) == Some("AUDIO"))?;
            sound.get("tokenCount").and_then(count)
        };
        Self {
            prompt: at("promptTokenCount"),
            tools: at("toolUsePromptTokenCount"),
            cached: at("cachedContentTokenCount"),
            candidates: at("candidatesTokenCount"),
            thoughts: at("thoughtsTokenCount"),
            total: at("totalTokenCount"),
            audio_in: audio("promptTokensDetails"),
            audio_cached: audio("cacheTokensDetails"),
            audio_out: audio("candidatesTokensDetails"),
        }
    }

    /// Takes over every count that was told.
    pub fn take_told(&mut self, told: &Self) {
        newer(&mut self.prompt, told.prompt);
        newer(&mut self.tools, told.tools);
        newer(&mut self.cached, told.cached);
        newer(&mut self.candidates, told.candidates);
        newer(&mut self.thoughts, told.thoughts);
        newer(&mut self.total, told.total);
        newer(&mut self.audio_in, told.audio_in);
        newer(&mut self.audio_cached, told.audio_cached);
        newer(&mut self.audio_out, told.audio_out);
    }

    /// The counts as disjoint classes. Parts never exceed their whole; differences stop at zero.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::NONE;
        let prompt = self.prompt.map(|prompt| prompt.saturating_add(self.tools.unwrap_or(0)));
        if let Some(mut left) = prompt {
            take_part(&mut usage, Class::CacheRead, self.cached, &mut left);
            let sound = self.audio_in.map(|all| all.saturating_sub(self.audio_cached.unwrap_or(0)));
            take_part(&mut usage, Class::AudioIn, sound, &mut left);
            usage.set(Class::Input, left);
        }
        // An answer of nothing has no count of its own; the total tells.
        let rest = || Some(self.total?.saturating_sub(prompt?).saturating_sub(self.thoughts.unwrap_or(0)));
        if let Some(mut left) = self.candidates.or_else(rest).or(self.thoughts.map(|_| 0)) {
            if let Some(thoughts) = self.thoughts {
                usage.set(Class::Reasoning, thoughts);
            }
            take_part(&mut usage, Class::AudioOut, self.audio_out, &mut left);
            usage.set(Class::Output, left);
        }
        usage
    }
}

/// The count of sound in a list of counts by modality.
fn audio(list: &[u8], sound: &mut Option<u64>) -> Option<()> {
    if list == b"null" {
        return Some(());
    }
    for raw in elements(list)? {
        let one = Object::open(raw)?;
        if one.get("modality") == Some(b"\"AUDIO\"") {
            plain_count(one.get("tokenCount").unwrap_or(b"null"), sound)?;
        }
    }
    Some(())
}

fn take_part(usage: &mut Usage, class: Class, part: Option<u64>, left: &mut u64) {
    if let Some(part) = part {
        let part = part.min(*left);
        *left -= part;
        usage.set(class, part);
    }
}

/// The `usageMetadata` object for a client.
pub(crate) fn write(usage: &Usage, out: &mut Vec<u8>) {
    let (prompt, answer) = (usage.prompt_total(), usage.answer_total());
    let thoughts = usage.get(Class::Reasoning);
    let candidates = answer - thoughts.unwrap_or(0).min(answer);
    let mut object = Writer::object(out);
    object.number("promptTokenCount", prompt);
    if let Some(cached) = usage.get(Class::CacheRead) {
        object.number("cachedContentTokenCount", cached);
    }
    object.number("candidatesTokenCount", candidates);
    if let Some(thoughts) = thoughts {
        object.number("thoughtsTokenCount", thoughts);
    }
    object.number("totalTokenCount", prompt.saturating_add(answer));
    by_modality("promptTokensDetails", prompt, usage.count(Class::AudioIn), &mut object);
    by_modality("candidatesTokensDetails", candidates, usage.count(Class::AudioOut), &mut object);
    object.end();
}

/// Which part of a count is sound, where any is.
fn by_modality(key: &str, all: u64, sound: u64, object: &mut Writer<'_>) {
    if sound == 0 {
        return;
    }
    let mut list = Writer::array(object.key(key));
    for (modality, count) in [("TEXT", all.saturating_sub(sound)), ("AUDIO", sound)] {
        let mut one = Writer::object(list.item());
        one.text("modality", modality);
        one.number("tokenCount", count);
        one.end();
    }
    list.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reports: &[&str]) -> Vec<(&'static str, u64)> {
        let mut counts = GeminiCounts::default();
        for report in reports {
            counts.take(report.as_bytes());
        }
        counts.usage().iter().map(|(class, count)| (class.name(), count)).collect()
    }

    #[test]
    fn reports_of_every_shape() {
        for (reports, expect) in [
            (&[r#"{"promptTokenCount":9,"totalTokenCount":9}"#][..], &[("input", 9), ("output", 0)][..]),
            (
                &[
                    r#"{"promptTokenCount":9,"cachedContentTokenCount":4,"candidatesTokenCount":3,"thoughtsTokenCount":5,"totalTokenCount":17}"#,
                ],
                &[("input", 5), ("cached_input", 4), ("output", 3), ("reasoning", 5)],
            ),
            // Cumulative: the last report wins, and one that forgot is not heard.
            (
                &[
                    r#"{"promptTokenCount":9,"candidatesTokenCount":3,"totalTokenCount":12}"#,
                    r#"{"promptTokenCount":9,"candidatesTokenCount":7,"totalTokenCount":16}"#,
                    r#"{"candidatesTokenCount":0}"#,
                ],
                &[("input", 9), ("output", 7)],
            ),
            // The answer was all thought.
            (
                &[r#"{"promptTokenCount":2,"thoughtsTokenCount":8,"totalTokenCount":10}"#],
                &[("input", 2), ("output", 0), ("reasoning", 8)],
            ),
            (
                &[
                    r#"{"promptTokenCount":10,"toolUsePromptTokenCount":5,"candidatesTokenCount":1,"promptTokensDetails":[{"modality":"TEXT","tokenCount":4},{"modality":"AUDIO","tokenCount":6}]}"#,
                ],
                &[("input", 9), ("audio_input", 6), ("output", 1)],
            ),
            (
                &[r#"{"promptTokenCount":7.9,"candidatesTokenCount":-1,"cachedContentTokenCount":99}"#],
                &[("input", 0), ("cached_input", 7)],
            ),
            (&["[]", "7", "{"], &[]),
        ] {
            assert_eq!(told(reports), expect, "{reports:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let usage = Usage::NONE
            .with(Class::Input, 5)
            .with(Class::CacheRead, 4)
            .with(Class::AudioIn, 3)
            .with(Class::Output, 6)
            .with(Class::Reasoning, 7)
            .with(Class::AudioOut, 2);
        let mut out = Vec::new();
        write(&usage, &mut out);
        let mut counts = GeminiCounts::default();
        counts.take(&out);
        assert_eq!(counts.usage(), usage);
    }
}
