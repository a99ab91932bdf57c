//! Faults that cannot stand in the prompt: a queue of directives for the next calls, and counters for `times`.
//! In: JSON from `/_sim/script`. Out: directives for a call. Never here: the directives of a prompt.

use crate::directive::Directives;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What the next calls will suffer.
#[derive(Default)]
pub(crate) struct Script {
    lines: Mutex<Vec<Line>>,
    counters: Mutex<HashMap<String, u64>>,
}

struct Line {
    left: u64,
    provider: Option<String>,
    model: Option<String>,
    directives: Directives,
}

impl Script {
    /// Adds a line: `{"fail_next": 2, "status": 529, "retry_after": 1}` or `{"next": 2, "directives":
    /// "cut_after=3"}`, either with `"provider": "openai"|"anthropic"|"gemini"|"tasks"` and `"model": ".."` to hit only those.
    pub(crate) fn add(&self, line: &Value) -> Result<(), String> {
        let mut directives = Directives::parse_inner(line["directives"].as_str().unwrap_or(""))?;
        let left = line["fail_next"].as_u64().or(line["next"].as_u64());
        if let Some(status) = line["status"].as_u64() {
            directives.set("status", &status.to_string());
        } else if line["fail_next"].is_u64() {
            directives.set("status", "500");
        }
        for key in ["retry_after", "message"] {
            match &line[key] {
                Value::String(text) => directives.set(key, text),
                Value::Number(number) => directives.set(key, &number.to_string()),
                _ => {}
            }
        }
        let name = |key: &str| line[key].as_str().map(str::to_owned);
        self.lines.lock().push(Line {
            left: left.ok_or("fail_next or next must say how many calls")?,
            provider: name("provider"),
            model: name("model"),
            directives,
        });
        Ok(())
    }

    /// The directives of the first line that fits this call; counts it down.
    pub(crate) fn take(&self, provider: &str, model: &str) -> Option<Directives> {
        let mut lines = self.lines.lock();
        let fits = |name: &Option<String>, is: &str| name.as_deref().is_none_or(|n| n == is);
        let found = lines
            .iter_mut()
            .find(|line| line.left > 0 && fits(&line.provider, provider) && fits(&line.model, model))?;
        found.left -= 1;
        let directives = found.directives.clone();
        lines.retain(|line| line.left > 0);
        Some(directives)
    }

    /// Takes the faults out of directives whose `times` are used up.
    pub(crate) fn count(&self, directives: Directives) -> Directives {
        let Some(times) = directives.number("times") else {
            return directives;
        };
        let mut counters = self.counters.lock();
        let count = counters.entry(directives.identity()).or_default();
        *count += 1;
        if *count > times {
            return directives.without_faults();
        }
        directives
    }

    pub(crate) fn clear(&self) {
        self.lines.lock().clear();
        self.counters.lock().clear();
    }

    pub(crate) fn show(&self) -> Value {
        let lines = self.lines.lock();
        let show = |line: &Line| {
            json!({"left": line.left, "provider": line.provider, "model": line.model,
                "directives": format!("{:?}", line.directives)})
        };
        lines.iter().map(show).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Script;
    use crate::directive::Directives;
    use serde_json::json;

    #[test]
    fn lines_hit_the_next_calls_that_fit() {
        let script = Script::default();
        script.add(&json!({"fail_next": 1, "status": 529, "provider": "anthropic"})).unwrap();
        assert!(script.take("openai", "m").is_none());
        let hit = script.take("anthropic", "m").unwrap();
        assert_eq!(hit.number("status"), Some(529));
        assert!(script.take("anthropic", "m").is_none());
        assert!(script.add(&json!({"status": 500})).is_err());
    }

    #[test]
    fn times_are_counted_by_id() {
        let script = Script::default();
        let fault = || Directives::parse_inner("status=500 times=2 id=a").unwrap();
        let failed: Vec<bool> = (0..4).map(|_| script.count(fault()).has("status")).collect();
        assert_eq!(failed, [true, true, false, false]);
    }
}
