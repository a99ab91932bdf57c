//! Any stream of an upstream, for clients of every dialect, at two ways of cutting it. Never here: whole answers.

use crate::run::{GEMINI, Ran, spec, stream};
use crate::strict::{check_chat, check_gemini, check_messages, check_responses};
use canon::Dialect;
use serde_json::Value;

/// A stream of an upstream of this dialect.
pub fn any(upstream: Dialect, bytes: &[u8]) {
    let mut told: Option<(Dialect, Ran)> = None;
    for client in Dialect::CLIENTS {
        let spec = spec(*client, upstream);
        let ran = stream(&spec, bytes, &[usize::MAX]);
        let sizes = [1 + bytes.len() % 7, 1, 2 + bytes.len() % 31];
        assert_eq!(stream(&spec, bytes, &sizes), ran, "{client:?}: a cut changes what comes out");
        read(*client, upstream, &ran);
        if let Some((other, before)) = &told
            && before.fault.is_none()
            && ran.fault.is_none()
        {
            assert_eq!(ran.tally.usage(), before.tally.usage(), "usage differs for {other:?} and {client:?}");
        }
        told = Some((*client, ran));
    }
    let mut array = spec(GEMINI, upstream);
    array.array = true;
    let ran = stream(&array, bytes, &[usize::MAX]);
    if ran.complete && ran.fault.is_none() {
        assert!(serde_json::from_str::<Value>(&ran.text()).is_ok_and(|all| all.is_array()), "{}", ran.text());
    }
}

/// What a client gets can be read by it. Straight lanes keep what they do not know, converting lanes write everything.
fn read(client: Dialect, upstream: Dialect, ran: &Ran) {
    let text = ran.text();
    if client == upstream {
        for line in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
            let good = line == "[DONE]" || serde_json::from_str::<Value>(line).is_ok();
            assert!(good, "{client:?} reads {line}");
        }
        return;
    }
    match client {
        Dialect::Anthropic => check_messages(&text),
        Dialect::Gemini => check_gemini(&text),
        Dialect::OpenAiResponses => check_responses(&text),
        Dialect::OpenAiChat => check_chat(&text),
        _ => {}
    }
}
