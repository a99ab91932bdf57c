//! Usage of Responses. In: its `usage` objects, one or many. Out: disjoint classes, and back as JSON.
//! Never here: a price, a panic on any count.

use crate::count::{count, newer};
use serde_json::Value;
use smallvec::SmallVec;
use units::{Class, Usage};

/// The counts as the server tells them; the newest of each. Reports are cumulative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResponseCounts {
    prompt: Option<u64>,
    answer: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    written: Option<u64>,
    written_long: Option<u64>,
    reasoning: Option<u64>,
}

impl ResponseCounts {
    /// Takes a `usage` object over what was told before. There are one or two in an answer, so a built document will do.
    pub fn take(&mut self, json: &[u8]) {
        let Ok(value) = serde_json::from_slice::<Value>(json) else {
            return;
        };
        let at = |key: &str| value.get(key).and_then(count);
        let of = |group: &str, key: &str| value.get(group)?.get(key).and_then(count);
        let prompt_of = |key: &str| of("input_tokens_details", key).or_else(|| of("prompt_tokens_details", key));
        let answer_of =
            |key: &str| of("output_tokens_details", key).or_else(|| of("completion_tokens_details", key));
        let long = || {
            let told = value.get("input_tokens_details")?.get("cache_write_tokens_details")?;
            told.get("ttl_12h_tokens").and_then(count)
        };
        newer(&mut self.prompt, at("input_tokens").or_else(|| at("prompt_tokens")));
        newer(&mut self.answer, at("output_tokens").or_else(|| at("completion_tokens")));
        newer(&mut self.total, at("total_tokens"));
        newer(&mut self.cached, prompt_of("cached_tokens"));
        newer(&mut self.written, prompt_of("cache_write_tokens"));
        newer(&mut self.written_long, long());
        newer(&mut self.reasoning, answer_of("reasoning_tokens"));
    }

    /// Every count, told or not, in one order.
    pub fn counts_mut(&mut self) -> SmallVec<[&mut Option<u64>; 8]> {
        let Self { prompt, answer, total, cached, written, written_long, reasoning } = self;
        SmallVec::from_iter([prompt, answer, total, cached, written, written_long, reasoning])
    }

    /// The counts as disjoint classes. Parts never exceed their whole; differences stop at zero.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::NONE;
        if let Some(prompt) = self.prompt {
            let mut left = prompt;
            part(&mut usage, Class::CacheRead, self.cached, &mut left);
            let long = self.written_long.map(|long| long.min(self.written.unwrap_or(long)));
            let short = self.written.map(|written| written - long.unwrap_or(0));
            part(&mut usage, Class::CacheWrite5m, short, &mut left);
            part(&mut usage, Class::CacheWrite1h, long, &mut left);
            usage.set(Class::Input, left);
        }
        if let Some(answer) = self.answer {
            let mut left = self.whole_answer(answer);
            part(&mut usage, Class::Reasoning, self.reasoning, &mut left);
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

fn part(usage: &mut Usage, class: Class, part: Option<u64>, left: &mut u64) {
    if let Some(part) = part {
        let part = part.min(*left);
        *left -= part;
        usage.set(class, part);
    }
}

/// The `usage` object for a client. Both objects with details are always there: readers add up what stands in them.
pub(crate) fn write(usage: &Usage, out: &mut Vec<u8>) {
    let (prompt, answer) = (usage.prompt_total(), usage.answer_total());
    let (short, long) = (usage.count(Class::CacheWrite5m), usage.count(Class::CacheWrite1h));
    let mut text = format!(
        "{{\"input_tokens\":{prompt},\"input_tokens_details\":{{\"cached_tokens\":{},\"cache_write_tokens\":{}",
        usage.count(Class::CacheRead),
        short.saturating_add(long),
    );
    if long > 0 {
        text.push_str(&format!(
            ",\"cache_write_tokens_details\":{{\"ttl_30m_tokens\":{short},\"ttl_12h_tokens\":{long}}}"
        ));
    }
    text.push_str(&format!(
        "}},\"output_tokens\":{answer},\"output_tokens_details\":{{\"reasoning_tokens\":{}}},\"total_tokens\":{}}}",
        usage.count(Class::Reasoning),
        prompt.saturating_add(answer),
    ));
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_never_exceed_their_whole() {
        for (told, input, read, short, long, output, reasoning) in [
            (r#"{"input_tokens":10,"output_tokens":5}"#, 10, 0, 0, 0, 5, 0),
            (
                r#"{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2}}"#,
                3,
                4,
                3,
                0,
                3,
                2,
            ),
            (
                r#"{"input_tokens":10,"input_tokens_details":{"cache_write_tokens":3,"cache_write_tokens_details":{"ttl_30m_tokens":1,"ttl_12h_tokens":2}},"output_tokens":0}"#,
                7,
                0,
                1,
                2,
                0,
                0,
            ),
            (
                r#"{"input_tokens":3,"input_tokens_details":{"cached_tokens":9},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":9}}"#,
                0,
                3,
                0,
                0,
                5,
                9,
            ),
        ] {
            let mut counts = ResponseCounts::default();
            counts.take(told.as_bytes());
            let usage = counts.usage();
            let found = [Class::Input, Class::CacheRead, Class::CacheWrite5m, Class::CacheWrite1h, Class::Output]
                .map(|class| usage.count(class));
            assert_eq!(found, [input, read, short, long, output], "{told}");
            assert_eq!(usage.count(Class::Reasoning), reasoning, "{told}");
            let mut text = Vec::new();
            write(&usage, &mut text);
            let mut again = ResponseCounts::default();
            again.take(&text);
            let same = again.usage();
            assert_eq!((same.prompt_total(), same.answer_total()), (usage.prompt_total(), usage.answer_total()));
        }
    }
}
