//! What the gateways under test sell. In: where the simulated providers are. Out: a catalogue as the API takes it.
//! Never here: applying it.

use serde_json::{Value, json};
use std::net::SocketAddr;

/// What a prompt token of `to-*` costs: 1.00 USD a million.
pub const NANO_PER_INPUT: i64 = 1_000;
/// What an answer token costs: 10.00 USD a million.
pub const NANO_PER_OUTPUT: i64 = 10_000;

/// Two providers, and for each `to-KIND` and `flat-KIND`, whose prompts cost nothing.
pub fn catalogue(sim: SocketAddr) -> Value {
    let mut providers = Vec::new();
    let mut models = Vec::new();
    for kind in ["openai", "anthropic"] {
        providers.push(json!({
            "name": format!("up-{kind}"), "kind": kind, "base_url": format!("http://{sim}/{kind}/v1"),
            "credentials": ["sim-credential"],
        }));
        for (name, input) in [("to", "1.00"), ("flat", "0")] {
            models.push(json!({
                "id": format!("{name}-{kind}"), "context_length": 128_000, "max_output_tokens": 4_096,
                "price": { "input": input, "output": "10.00" },
                "route": [{ "provider": format!("up-{kind}"), "model": format!("sim-{kind}") }],
            }));
        }
    }
    json!({ "provider": providers, "model": models, "tier": plenty() })
}

/// Tiers in which nobody is held up: tests of limits bring their own.
pub fn plenty() -> Value {
    json!([{ "name": "free", "when": "free", "requests_per_minute": 1_000_000, "concurrent": 100_000,
             "requests_per_day": 1_000_000_000 }])
}

/// The exact price of a call of `to-*`.
pub fn price_of(prompt: u64, answer: u64) -> i64 {
    let times = |count: u64, rate: i64| i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(rate);
    times(prompt, NANO_PER_INPUT).saturating_add(times(answer, NANO_PER_OUTPUT))
}
