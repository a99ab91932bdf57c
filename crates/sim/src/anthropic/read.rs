//! Reads and checks a Messages request as strictly as the real server.
//! In: the body. Out: an `Ask`, or the 400 the real server gives. Never here: single messages and tools.

use super::cache::Mark;
use super::{Version, serves, tools, turns, unknown_model};
use crate::ask::{Ask, Choice, Format, Input};
use crate::count::Meter;
use crate::refused::Refused;
use crate::route::Sim;
use serde_json::{Map, Value, json};

const KNOWN: [&str; 24] = [
    "model",
    "messages",
    "max_tokens",
    "system",
    "metadata",
    "stop_sequences",
    "stream",
    "temperature",
    "top_k",
    "top_p",
    "tools",
    "tool_choice",
    "thinking",
    "service_tier",
    "container",
    "context_management",
    "mcp_servers",
    "output_config",
    "output_format",
    "cache_control",
    "inference_geo",
    "speed",
    "user_profile_id",
    "diagnostics",
];

/// Sampling, which the newer version takes at no value, not even the default.
const GONE_SINCE_2026_10_21: [&str; 3] = ["temperature", "top_k", "top_p"];

/// What one request is read into.
pub(super) struct Draft {
    pub(super) ask: Ask,
    pub(super) meter: Meter,
    pub(super) marks: Vec<Mark>,
    pub(super) version: Version,
    /// Whether thinking is on, so that a tool loop must begin with it.
    pub(super) thinks: bool,
}

/// Reads a request.
pub(crate) fn read(body: &[u8], sim: &Sim, version: Version) -> Result<Ask, Refused> {
    let mut draft = draft(body, sim, version, true)?;
    let total = draft.meter.tokens();
    let ask = &mut draft.ask;
    ask.input = match ask.directives.number("cached") {
        Some(cached) => {
            let cached = cached.min(total);
            Input { fresh: total - cached, cache_read: cached, ..Input::default() }
        }
        None => sim.cache.account(&ask.model, &draft.marks, total),
    };
    Ok(draft.ask)
}

/// Answers `count_tokens`.
pub(crate) fn count(body: &[u8], sim: &Sim, version: Version) -> Result<Value, Refused> {
    let draft = draft(body, sim, version, false)?;
    Ok(json!({"input_tokens": draft.meter.tokens()}))
}

fn draft(body: &[u8], sim: &Sim, version: Version, whole: bool) -> Result<Draft, Refused> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|why| Refused::bad(format!("The request body is not valid JSON: {why}")))?;
    let Value::Object(fields) = value else {
        return Err(Refused::bad("Input should be a valid dictionary"));
    };
    let model = match fields.get("model") {
        None => return Err(field_required("model")),
        Some(Value::String(model)) => model,
        Some(_) => return Err(Refused::bad("model: Input should be a valid string")),
    };
    let gone = |key: &str| version >= Version::V20261021 && GONE_SINCE_2026_10_21.contains(&key);
    if let Some(key) = fields.keys().find(|key| !KNOWN.contains(&key.as_str()) || gone(key)) {
        return Err(extra(key));
    }
    let mut draft = Draft {
        ask: Ask { model: model.clone(), count: 1, ..Ask::default() },
        meter: Meter::default(),
        marks: Vec::new(),
        version,
        thinks: false,
    };
    if whole {
        limits(&fields, &mut draft)?;
        sampling(&fields)?;
    }
    thinking(&fields, &mut draft, whole)?;
    tools::read(&fields, &mut draft)?;
    if draft.thinks && matches!(draft.ask.choice, Choice::Required | Choice::Named(_)) {
        return Err(Refused::bad("Thinking may not be enabled when tool_choice forces tool use."));
    }
    turns::system(&fields, &mut draft)?;
    turns::read(&fields, &mut draft)?;
    if let Some(control) = given(&fields, "cache_control") {
        draft.mark("cache_control", control)?;
    }
    if draft.marks.len() > 4 {
        let found = draft.marks.len();
        let message = format!("A maximum of 4 blocks with cache_control may be provided. Found {found}.");
        return Err(Refused::bad(message));
    }
    if !serves(&sim.config, model) {
        return Err(unknown_model(model));
    }
    Ok(draft)
}

impl Draft {
    /// Marks the prefix up to here as one to cache.
    pub(super) fn mark(&mut self, at: &str, control: &Value) -> Result<(), Refused> {
        if control["type"] != "ephemeral" {
            let message = format!("{at}.cache_control.type: Input should be 'ephemeral'");
            return Err(Refused::bad(message));
        }
        let hour = match control.get("ttl").and_then(Value::as_str) {
            None | Some("5m") => false,
            Some("1h") => true,
            Some(_) => {
                return Err(Refused::bad(format!("{at}.cache_control.ttl: Input should be '5m' or '1h'")));
            }
        };
        let mark = Mark::at(&self.meter, hour);
        self.marks.push(mark);
        Ok(())
    }
}

pub(super) fn field_required(at: &str) -> Refused {
    Refused::bad(format!("{at}: Field required"))
}

pub(super) fn extra(at: &str) -> Refused {
    Refused::bad(format!("{at}: Extra inputs are not permitted"))
}

pub(super) fn given<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    fields.get(key).filter(|value| !value.is_null())
}

fn limits(fields: &Map<String, Value>, draft: &mut Draft) -> Result<(), Refused> {
    let value = fields.get("max_tokens").ok_or_else(|| field_required("max_tokens"))?;
    match value.as_i64() {
        Some(number) if number >= 1 => draft.ask.max_tokens = u64::try_from(number).ok(),
        Some(_) => {
            return Err(Refused::bad("max_tokens: Input should be greater than or equal to 1"));
        }
        None => return Err(Refused::bad("max_tokens: Input should be a valid integer")),
    }
    draft.ask.stream = match given(fields, "stream") {
        None => false,
        Some(Value::Bool(stream)) => *stream,
        Some(_) => return Err(Refused::bad("stream: Input should be a valid boolean")),
    };
    if let Some(list) = given(fields, "stop_sequences") {
        let list = list.as_array().ok_or_else(|| Refused::bad("stop_sequences: Input should be a valid list"))?;
        for (index, item) in list.iter().enumerate() {
            let Some(text) = item.as_str() else {
                return Err(Refused::bad(format!("stop_sequences.{index}: Input should be a valid string")));
            };
            if text.trim().is_empty() {
                return Err(Refused::bad("stop_sequences: each stop sequence must contain non-whitespace"));
            }
            draft.ask.stop.push(text.to_owned());
        }
    }
    let format = [
        &fields.get("output_config").unwrap_or(&Value::Null)["format"],
        fields.get("output_format").unwrap_or(&Value::Null),
    ];
    for format in format.into_iter().filter(|f| !f.is_null()) {
        if format["type"] != "json_schema" || !format["schema"].is_object() {
            return Err(Refused::bad("output_config.format.schema: Field required"));
        }
        draft.ask.format = Format::Schema(format["schema"].clone());
    }
    Ok(())
}

fn sampling(fields: &Map<String, Value>) -> Result<(), Refused> {
    for key in ["temperature", "top_p"] {
        let Some(value) = given(fields, key) else {
            continue;
        };
        match value.as_f64() {
            Some(number) if (0.0..=1.0).contains(&number) => {}
            Some(number) if number > 1.0 => {
                return Err(Refused::bad(format!("{key}: Input should be less than or equal to 1")));
            }
            Some(_) => {
                return Err(Refused::bad(format!("{key}: Input should be greater than or equal to 0")));
            }
            None => {
                return Err(Refused::bad(format!("{key}: Input should be a valid number")));
            }
        }
    }
    Ok(())
}

fn thinking(fields: &Map<String, Value>, draft: &mut Draft, whole: bool) -> Result<(), Refused> {
    let effort = fields.get("output_config").and_then(|config| config["effort"].as_str());
    let by_effort = match effort {
        Some("low") => 16,
        Some("high") => 64,
        Some("xhigh") => 128,
        Some("max") => 256,
        _ => 32,
    };
    let Some(thinking) = given(fields, "thinking") else {
        return Ok(());
    };
    draft.ask.hides_thinking = thinking["display"] == "omitted";
    match thinking["type"].as_str() {
        Some("disabled") => return Ok(()),
        Some("adaptive" | "between_tools") => {
            draft.ask.thinking = by_effort;
            return Ok(());
        }
        Some("enabled") => {}
        _ => {
            return Err(Refused::bad(
                "thinking: Input tag does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'",
            ));
        }
    }
    let budget = thinking["budget_tokens"].as_u64();
    let budget = budget.ok_or_else(|| field_required("thinking.enabled.budget_tokens"))?;
    if budget < 1024 {
        let message = "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
        return Err(Refused::bad(message));
    }
    if whole && draft.ask.max_tokens.is_some_and(|max| max <= budget) {
        return Err(Refused::bad("`max_tokens` must be greater than `thinking.budget_tokens`."));
    }
    if given(fields, "temperature").is_some_and(|t| t.as_f64() != Some(1.0)) {
        return Err(Refused::bad("`temperature` may only be set to 1 when thinking is enabled."));
    }
    if given(fields, "top_k").is_some() {
        return Err(Refused::bad("`top_k` must be unset when thinking is enabled."));
    }
    draft.thinks = true;
    draft.ask.thinking = by_effort;
    Ok(())
}
