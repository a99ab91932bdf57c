//! The counts an answer reports, right or wrong as a directive wants them.
//! In: an ask and its answer. Out: the numbers to write. Never here: names of fields.

use crate::ask::{Answer, Ask, Input};
use serde_json::{Value, json};

/// What is reported. The output is any JSON, since a wrong one may be no number.
pub(crate) struct Report {
    pub(crate) input: Input,
    pub(crate) output: Value,
    pub(crate) thinking: u64,
}

/// The report; `None` when there shall be none.
pub(crate) fn report(ask: &Ask, answer: &Answer) -> Option<Report> {
    if ask.directives.has("no_usage") {
        return None;
    }
    let right = answer.output_tokens * ask.count.max(1);
    let mut input = ask.input;
    let output = match ask.directives.get("wrong_usage") {
        None => json!(right),
        Some("huge") => json!(1_000_000_000_000_000_u64),
        Some("negative") => json!(-5),
        Some("text") => json!("many"),
        Some("float") => json!(12.5),
        Some("null") => Value::Null,
        Some("zero") => json!(0),
        Some("cached_over") => {
            input.cache_read = input.total() * 2 + 10;
            input.fresh = 0;
            json!(right)
        }
        Some(number) => number.parse::<i64>().map_or_else(|_| json!(number), Value::from),
    };
    let thinking = answer.thinking_tokens * ask.count.max(1);
    Some(Report { input, output, thinking })
}
