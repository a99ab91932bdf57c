//! Usage of Messages. In: its `usage` objects, at the start and cumulative at the end. Out: disjoint classes, and back.
//! Never here: a price, a panic on any count.

use crate::count::{count, each, newer, plain_count};
use serde_json::Value;
use smallvec::SmallVec;
use units::{Class, Usage};

/// The counts as the server tells them; the newest of each. They are disjoint as they come, but for thinking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MessageCounts {
    input: Option<u64>,
    read: Option<u64>,
    written: Option<u64>,
    written_5m: Option<u64>,
    written_1h: Option<u64>,
    output: Option<u64>,
    thinking: Option<u64>,
    /// What passes of the server's own used (compaction, an adviser): the counts above leave it out, its bill does not.
    beside: Usage,
}

impl MessageCounts {
    /// Takes a `usage` object over what was told before.
    pub fn take(&mut self, json: &[u8]) {
        if memchr::memmem::find(json, b"\"iterations\"").is_some()
            && let Ok(value) = serde_json::from_slice::<Value>(json)
        {
            self.beside = beside(&value);
        }
        let mut told = Self::default();
        if told.read_plain(json).is_some() {
            self.take_told(&told);
        } else if let Ok(value) = serde_json::from_slice::<Value>(json) {
            self.take_value(&value);
        }
    }

    /// Reads an object whose counts are all plain whole numbers, as nearly every server writes them, without a built
    /// document.
    fn read_plain(&mut self, json: &[u8]) -> Option<()> {
        each(json, 0, |name, at, value| match name {
            b"input_tokens" => plain_count(value, &mut self.input),
            b"cache_read_input_tokens" => plain_count(value, &mut self.read),
            b"cache_creation_input_tokens" => plain_count(value, &mut self.written),
            b"output_tokens" => plain_count(value, &mut self.output),
            b"cache_creation" if value != b"null" => each(json, at, |name, _, value| match name {
                b"ephemeral_5m_input_tokens" => plain_count(value, &mut self.written_5m),
                b"ephemeral_1h_input_tokens" => plain_count(value, &mut self.written_1h),
                _ => Some(()),
            }),
            b"output_tokens_details" if value != b"null" => each(json, at, |name, _, value| match name {
                b"thinking_tokens" => plain_count(value, &mut self.thinking),
                _ => Some(()),
            }),
            _ => Some(()),
        })
    }

    fn take_told(&mut self, told: &Self) {
        newer(&mut self.input, told.input);
        newer(&mut self.read, told.read);
        newer(&mut self.written, told.written);
        newer(&mut self.written_5m, told.written_5m);
        newer(&mut self.written_1h, told.written_1h);
        newer(&mut self.output, told.output);
        newer(&mut self.thinking, told.thinking);
    }

    /// The same at the start of a stream, where the count of the answer is only a place holder.
    pub fn take_start(&mut self, json: &[u8]) {
        self.take(json);
        (self.output, self.thinking) = (None, None);
    }

    /// The same of a parsed object.
    fn take_value(&mut self, value: &Value) {
        let at = |key: &str| value.get(key).and_then(count);
        let of = |group: &str, key: &str| value.get(group)?.get(key).and_then(count);
        self.take_told(&Self {
            input: at("input_tokens"),
            read: at("cache_read_input_tokens"),
            written: at("cache_creation_input_tokens"),
            written_5m: of("cache_creation", "ephemeral_5m_input_tokens"),
            written_1h: of("cache_creation", "ephemeral_1h_input_tokens"),
            output: at("output_tokens"),
            thinking: of("output_tokens_details", "thinking_tokens"),
            beside: self.beside,
        });
    }

    /// Every count, told or not, in one order.
    pub fn counts_mut(&mut self) -> SmallVec<[&mut Option<u64>; 8]> {
        let Self { input, read, written, written_5m, written_1h, output, thinking, beside: _ } = self;
        SmallVec::from_iter([input, read, written, written_5m, written_1h, output, thinking])
    }

    /// The counts as disjoint classes.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::NONE;
        let mut set = |class, count: Option<u64>| {
            if let Some(count) = count {
                usage.set(class, count);
            }
        };
        set(Class::Input, self.input);
        set(Class::CacheRead, self.read);
        match (self.written, self.written_5m, self.written_1h) {
            (Some(all), _, Some(hour)) => {
                // What lives neither 5 minutes nor an hour is priced as 5 minutes.
                let hour = hour.min(all);
                set(Class::CacheWrite5m, Some(all - hour));
                set(Class::CacheWrite1h, Some(hour));
            }
            (Some(all), _, None) => set(Class::CacheWrite5m, Some(all)),
            (None, short, hour) => {
                set(Class::CacheWrite5m, short);
                set(Class::CacheWrite1h, hour);
            }
        }
        if let Some(output) = self.output {
            let thinking = self.thinking.map(|t| t.min(output));
            set(Class::Reasoning, thinking);
            set(Class::Output, Some(output - thinking.unwrap_or(0)));
        }
        for (class, count) in self.beside.iter() {
            usage.set(class, usage.count(class).saturating_add(count));
        }
        usage
    }
}

/// The sum of all passes that are no message of the answer.
fn beside(usage: &Value) -> Usage {
    const COUNTS: [(&str, Class); 4] = [
        ("input_tokens", Class::Input),
        ("cache_read_input_tokens", Class::CacheRead),
        ("cache_creation_input_tokens", Class::CacheWrite5m),
        ("output_tokens", Class::Output),
    ];
    let mut sum = Usage::NONE;
    let passes = usage.get("iterations").and_then(Value::as_array).into_iter().flatten();
    for pass in passes.filter(|pass| pass.get("type").and_then(Value::as_str) != Some("message")) {
        for (key, class) in COUNTS {
            if let Some(count) = pass.get(key).and_then(count).filter(|count| *count > 0) {
                sum.set(class, sum.count(class).saturating_add(count));
            }
        }
    }
    sum
}

/// The counts that a client reads, by key; what is unknown has no key.
pub(crate) fn pairs(usage: &Usage) -> Vec<(&'static str, u64)> {
    let mut pairs = vec![("input_tokens", usage.count(Class::Input).saturating_add(usage.count(Class::AudioIn)))];
    let (short, hour) = (usage.get(Class::CacheWrite5m), usage.get(Class::CacheWrite1h));
    if short.is_some() || hour.is_some() {
        let all = short.unwrap_or(0).saturating_add(hour.unwrap_or(0));
        pairs.push(("cache_creation_input_tokens", all));
    }
    if let Some(read) = usage.get(Class::CacheRead) {
        pairs.push(("cache_read_input_tokens", read));
    }
    pairs.push(("output_tokens", usage.answer_total()));
    pairs
}

/// The `usage` object for a client.
pub(crate) fn write(usage: &Usage, out: &mut Vec<u8>) {
    let mut text = String::from("{");
    for (n, (key, count)) in pairs(usage).into_iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        text.push_str(&format!("{comma}\"{key}\":{count}"));
    }
    if let Some(hour) = usage.get(Class::CacheWrite1h) {
        let short = usage.count(Class::CacheWrite5m);
        text.push_str(&format!(
            ",\"cache_creation\":{{\"ephemeral_5m_input_tokens\":{short},\"ephemeral_1h_input_tokens\":{hour}}}"
        ));
    }
    if let Some(thinking) = usage.get(Class::Reasoning) {
        text.push_str(&format!(",\"output_tokens_details\":{{\"thinking_tokens\":{thinking}}}"));
    }
    text.push('}');
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-BILL-3: a server that compacts the conversation, or asks another model, bills that beside the counts of its answer.
    #[test]
    fn r_bill_3_passes_beside_the_answer_are_counted() {
        let told = br#"{"input_tokens":23000,"output_tokens":1000,"iterations":[
            {"type":"compaction","input_tokens":180000,"output_tokens":3500,"cache_read_input_tokens":7},
            {"type":"message","input_tokens":23000,"output_tokens":1000}]}"#;
        let mut counts = MessageCounts::default();
        counts.take(br#"{"input_tokens":5,"output_tokens":1}"#);
        counts.take(told);
        // Reports are cumulative: the same one twice changes nothing.
        counts.take(told);
        let usage = counts.usage();
        assert_eq!((usage.count(Class::Input), usage.count(Class::Output)), (203_000, 4_500));
        assert_eq!(usage.count(Class::CacheRead), 7);
        counts.take(br#"{"output_tokens":1001,"iterations":null}"#);
        assert_eq!(counts.usage().count(Class::Output), 1_001);
    }
}
