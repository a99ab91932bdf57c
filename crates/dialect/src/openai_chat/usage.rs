//! Usage of Chat Completions. In: its `usage` objects, one or many. Out: disjoint classes, and back as JSON.
//! Never here: a price, a panic on any count.

use crate::count::{count, each, newer, plain_count};
use serde_json::Value;
use smallvec::SmallVec;
use units::{Class, Usage};

/// The counts as the server tells them; the newest of each. Reports are cumulative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChatCounts {
    prompt: Option<u64>,
    answer: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    written: Option<u64>,
    audio_in: Option<u64>,
    reasoning: Option<u64>,
    audio_out: Option<u64>,
}

impl ChatCounts {
    /// Takes a `usage` object over what was told before.
    pub fn take(&mut self, json: &[u8]) {
        if let Some(plain) = Plain::read(json) {
            self.take_plain(&plain);
        } else if let Ok(value) = serde_json::from_slice::<Value>(json) {
            self.take_value(&value);
        }
    }

    fn take_plain(&mut self, told: &Plain) {
        newer(&mut self.prompt, told.prompt.or(told.input));
        newer(&mut self.answer, told.completion.or(told.output));
        newer(&mut self.total, told.total);
        newer(&mut self.cached, told.cached.or(told.cache_hit).or(told.cached_beside));
        newer(&mut self.written, told.written);
        newer(&mut self.audio_in, told.audio_in);
        newer(&mut self.reasoning, told.reasoning);
        newer(&mut self.audio_out, told.audio_out);
    }

    /// The same of a parsed object.
    pub fn take_value(&mut self, value: &Value) {
        let at = |key: &str| value.get(key).and_then(count);
        let of = |group: &str, key: &str| value.get(group)?.get(key).and_then(count);
        let prompt_of = |key: &str| of("prompt_tokens_details", key);
        let answer_of = |key: &str| of("completion_tokens_details", key);
        newer(&mut self.prompt, at("prompt_tokens").or_else(|| at("input_tokens")));
        newer(&mut self.answer, at("completion_tokens").or_else(|| at("output_tokens")));
        newer(&mut self.total, at("total_tokens"));
        let cached =
            prompt_of("cached_tokens").or_else(|| at("prompt_cache_hit_tokens")).or_else(|| at("cached_tokens"));
        newer(&mut self.cached, cached);
        newer(&mut self.written, prompt_of("cache_write_tokens"));
        newer(&mut self.audio_in, prompt_of("audio_tokens"));
        newer(&mut self.reasoning, answer_of("reasoning_tokens"));
        newer(&mut self.audio_out, answer_of("audio_tokens"));
    }

    /// Every count, told or not, in one order.
    pub fn counts_mut(&mut self) -> SmallVec<[&mut Option<u64>; 8]> {
        let Self { prompt, answer, total, cached, written, audio_in, reasoning, audio_out } = self;
        SmallVec::from_iter([prompt, answer, total, cached, written, audio_in, reasoning, audio_out])
    }

    /// The counts as disjoint classes. Parts never exceed their whole; differences stop at zero.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::NONE;
        if let Some(prompt) = self.prompt {
            let mut left = prompt;
            take_part(&mut usage, Class::CacheRead, self.cached, &mut left);
            take_part(&mut usage, Class::CacheWrite5m, self.written, &mut left);
            take_part(&mut usage, Class::AudioIn, self.audio_in, &mut left);
            usage.set(Class::Input, left);
        }
        if let Some(answer) = self.answer {
            let mut left = self.whole_answer(answer);
            take_part(&mut usage, Class::Reasoning, self.reasoning, &mut left);
            take_part(&mut usage, Class::AudioOut, self.audio_out, &mut left);
            usage.set(Class::Output, left);
        }
        usage
    }

    /// Some servers count reasoning beside the answer; the total, or a part larger than its whole, gives them away.
    fn whole_answer(&self, answer: u64) -> u64 {
        let reasoning = self.reasoning.unwrap_or(0);
        let beside = answer.saturating_add(reasoning);
        let with_it = self.prompt.unwrap_or(0).saturating_add(beside);
        if reasoning > answer || (reasoning > 0 && self.total == Some(with_it)) { beside } else { answer }
    }
}

/// A usage object whose counts are all plain whole numbers, as nearly every server writes them: read without a built
/// document. Anything odd is left to the tolerant reader.
#[derive(Default)]
struct Plain {
    prompt: Option<u64>,
    input: Option<u64>,
    completion: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    cache_hit: Option<u64>,
    cached_beside: Option<u64>,
    written: Option<u64>,
    audio_in: Option<u64>,
    reasoning: Option<u64>,
    audio_out: Option<u64>,
}

impl Plain {
    fn read(json: &[u8]) -> Option<Self> {
        let mut plain = Self::default();
        each(json, 0, |name, at, value| match name {
            b"prompt_tokens" => plain_count(value, &mut plain.prompt),
            b"input_tokens" => plain_count(value, &mut plain.input),
            b"completion_tokens" => plain_count(value, &mut plain.completion),
            b"output_tokens" => plain_count(value, &mut plain.output),
            b"total_tokens" => plain_count(value, &mut plain.total),
            b"prompt_cache_hit_tokens" => plain_count(value, &mut plain.cache_hit),
            b"cached_tokens" => plain_count(value, &mut plain.cached_beside),
            b"prompt_tokens_details" if value != b"null" => each(json, at, |name, _, value| match name {
                b"cached_tokens" => plain_count(value, &mut plain.cached),
                b"cache_write_tokens" => plain_count(value, &mut plain.written),
                b"audio_tokens" => plain_count(value, &mut plain.audio_in),
                _ => Some(()),
            }),
            b"completion_tokens_details" if value != b"null" => each(json, at, |name, _, value| match name {
                b"reasoning_tokens" => plain_count(value, &mut plain.reasoning),
                b"audio_tokens" => plain_count(value, &mut plain.audio_out),
                _ => Some(()),
            }),
            _ => Some(()),
        })?;
        Some(plain)
    }
}

fn take_part(usage: &mut Usage, class: Class, part: Option<u64>, left: &mut u64) {
    if let Some(part) = part {
        let part = part.min(*left);
        *left -= part;
        usage.set(class, part);
    }
}

/// The `usage` object for a client.
pub(crate) fn write(usage: &Usage, out: &mut Vec<u8>) {
    let (prompt, answer) = (usage.prompt_total(), usage.answer_total());
    let written = usage.count(Class::CacheWrite5m).saturating_add(usage.count(Class::CacheWrite1h));
    let mut text = format!(
        "{{\"prompt_tokens\":{prompt},\"completion_tokens\":{answer},\"total_tokens\":{},\
         \"prompt_tokens_details\":{{\"cached_tokens\":{},\"audio_tokens\":{}",
        prompt.saturating_add(answer),
        usage.count(Class::CacheRead),
        usage.count(Class::AudioIn),
    );
    if written > 0 {
        text.push_str(&format!(",\"cache_write_tokens\":{written}"));
    }
    text.push_str(&format!(
        "}},\"completion_tokens_details\":{{\"reasoning_tokens\":{},\"audio_tokens\":{}}}}}",
        usage.count(Class::Reasoning),
        usage.count(Class::AudioOut),
    ));
    out.extend_from_slice(text.as_bytes());
}
