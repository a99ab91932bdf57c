//! Providers that misbehave cost at most the hold, and whatever they do, each client gets one well-formed ending.
//! Never here: what leaks (canary).

use crate::world::{World, all_pairs};
use process_tests::{Call, Ending, NANO_PER_INPUT, NANO_PER_OUTPUT, Outcome, catalogue, crowd, price_of};
use serde_json::json;
use std::collections::HashMap;
use std::net::TcpListener;

const MAX_TOKENS: u64 = 64;

/// What must come of a misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Must {
    /// An error, and nothing is charged.
    Fail,
    /// An error in the middle; what passed is charged.
    Break,
    /// A good end; the bill is exact where the provider's count can be known, and at most the hold.
    End,
}

/// A directive; what must come of it as a stream, and as a whole answer.
const TABLE: [(&str, Must, Must); 42] = [
    ("garbage", Must::Fail, Must::Fail),
    ("endless_line", Must::Fail, Must::Fail),
    ("html", Must::Fail, Must::Fail),
    ("html status=200", Must::Fail, Must::Fail),
    ("empty status=200", Must::Fail, Must::Fail),
    ("empty", Must::Fail, Must::Fail),
    ("redirect=TRAP", Must::Fail, Must::Fail),
    ("close", Must::Fail, Must::Fail),
    ("hang", Must::Fail, Must::Fail),
    ("status=418", Must::Fail, Must::Fail),
    ("status=599", Must::Fail, Must::Fail),
    ("status=204", Must::Fail, Must::Fail),
    ("plain tokens=9", Must::Fail, Must::End),
    ("cut_after=0", Must::Fail, Must::Fail),
    ("cut_after=start", Must::Fail, Must::Fail),
    ("cut_after=3 pace_ms=10 tokens=60", Must::Break, Must::Fail),
    ("eof_after=0", Must::Fail, Must::End),
    ("eof_after=3 pace_ms=10 tokens=60", Must::Break, Must::End),
    ("stall_after=0", Must::Fail, Must::Fail),
    ("stall_after=3 pace_ms=10 tokens=60", Must::Break, Must::Fail),
    ("error_event_after=0", Must::Fail, Must::End),
    ("error_event_after=3 pace_ms=10 tokens=60", Must::Break, Must::End),
    ("garbage_after=0 eof_after=1", Must::Fail, Must::End),
    ("garbage_after=3 pace_ms=10 tokens=60 eof_after=4", Must::Break, Must::End),
    ("bad_utf8_after=0", Must::Fail, Must::Fail),
    ("bad_utf8_after=3 pace_ms=10 tokens=60", Must::Break, Must::Fail),
    ("plant tokens=9", Must::End, Must::End),
    ("finish=weird tokens=9", Must::End, Must::End),
    ("drop=start,role,ping tokens=9", Must::End, Must::End),
    ("drop=block_stop tokens=9", Must::End, Must::End),
    ("no_usage tokens=9", Must::End, Must::End),
    ("wrong_usage=huge tokens=9", Must::End, Must::End),
    ("wrong_usage=negative tokens=9", Must::End, Must::End),
    ("wrong_usage=text tokens=9", Must::End, Must::End),
    ("wrong_usage=float tokens=9", Must::End, Must::End),
    ("wrong_usage=null tokens=9", Must::End, Must::End),
    ("wrong_usage=zero tokens=9", Must::End, Must::End),
    ("wrong_usage=cached_over tokens=9", Must::End, Must::End),
    ("wrong_usage=999999 tokens=9", Must::End, Must::End),
    ("wrong_usage=-9223372036854775808 tokens=9", Must::End, Must::End),
    ("tokens=2000", Must::End, Must::End),
    ("drop=done,usage tokens=9", Must::End, Must::End),
];

#[test]
fn each_misbehaviour_has_one_ending_and_its_bill() -> Outcome<()> {
    let trap = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    trap.set_nonblocking(true).map_err(|e| e.to_string())?;
    let at = trap.local_addr().map_err(|e| e.to_string())?;
    let settings = [("TOLLGATE_RELAY__RETRY_WAIT_MAX_MS", "5"), ("TOLLGATE_RELAY__ATTEMPTS_MAX", "2")];
    let world = World::open("sim-upstream", &settings, |sim| {
        let mut doc = catalogue(sim);
        for provider in doc["provider"].as_array_mut().into_iter().flatten() {
            provider["timeouts"] = json!({ "first_byte_ms": 500, "idle_ms": 500, "total_ms": 1_500 });
        }
        doc
    })?;
    let mut calls: Vec<(Call, Must)> = Vec::new();
    for (directive, streamed, whole) in TABLE {
        let text = format!("hi [[sim: {}]]", directive.replace("TRAP", &format!("http://{at}/trap")));
        let must = |call: Call| {
            let must = if call.stream { streamed } else { whole };
            (call, must)
        };
        calls.extend(all_pairs(&text, MAX_TOKENS).into_iter().map(must));
    }
    let seen = crowd(12, &calls, |(call, _)| world.call(call))?;
    let rows = world.operator.rows(&world.account)?;
    let charges: HashMap<&str, i64> = rows.iter().map(|r| (r.id.as_str(), r.charge_nano)).collect();
    let mut wrong = Vec::new();
    for ((call, must), seen) in calls.iter().zip(seen) {
        let judged = seen.and_then(|(ending, reply)| {
            let charge = charges.get(reply.id()).ok_or("no usage row")?;
            judge(call, *must, ending, *charge).map_err(|what| format!("{what}: {}", reply.shown()))
        });
        if let Err(what) = judged {
            wrong.push(format!(
                "{must:?} {:?} {} stream={} {}: {what}",
                call.dialect, call.model, call.stream, call.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), calls.len());
    assert!(trap.accept().is_err(), "a redirect was followed");
    world.settled()
}

fn judge(call: &Call, must: Must, ending: Ending, charge: i64) -> Outcome<()> {
    let bytes = i64::try_from(call.body().to_string().len()).map_err(|e| e.to_string())?;
    let hold = bytes * NANO_PER_INPUT + i64::try_from(MAX_TOKENS).map_err(|e| e.to_string())? * NANO_PER_OUTPUT;
    let (least, most) = bill(call, hold);
    let fair = match must {
        Must::Fail => charge == 0 && matches!(ending, Ending::Broken | Ending::Refused(400..)),
        Must::Break => (1..=hold).contains(&charge) && ending == Ending::Broken,
        Must::End => (least..=most).contains(&charge) && ending == Ending::Well,
    };
    if fair { Ok(()) } else { Err(format!("{ending:?}, charged {charge}, fair is {least} to {most}")) }
}

/// The least and the most that an answer with a good end costs: the same where the provider reported a count that can
/// be believed, or none, so that prompt and answer are estimated from their bytes.
fn bill(call: &Call, hold: i64) -> (i64, i64) {
    let (prompt, has) = (call.prompt_tokens(), |directive: &str| call.text.contains(directive));
    let asked = call.text.split_once(" tokens=").and_then(|(_, rest)| rest.split([' ', ']']).next()?.parse().ok());
    let said = asked.map_or_else(|| sim::tokens_of("You said: hi."), |tokens: u64| tokens.min(MAX_TOKENS));
    let reported = |tokens| (price_of(prompt, tokens), price_of(prompt, tokens));
    // Beside the prompt's true price, at most what was said.
    let doubtful = (price_of(prompt, 0), price_of(prompt, said));
    let unreported = call.stream && call.model == "to-openai" && has("drop=done,usage");
    if has("no_usage") || has("wrong_usage=huge") || unreported {
        let estimate = price_of(sim::tokens_of(&call.body().to_string()), said);
        return (estimate, estimate);
    }
    if has("wrong_usage=999999") {
        return (price_of(prompt, MAX_TOKENS), hold);
    }
    if has("wrong_usage=cached_over") {
        return (price_of(0, said), hold);
    }
    if has("wrong_usage=float") {
        return reported(12);
    }
    if has("wrong_usage=zero") {
        return doubtful;
    }
    reported(said)
}
