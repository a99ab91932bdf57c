//! Calls that go on while the demonstration runs, so that what is live shows life. In: an address, keys, a seed. Out: calls as any
//! client makes them, a few a minute. Never here: a call that is not answered by the simulated providers.

use crate::cli::{Client, Trouble};
use crate::demo::dice::Dice;
use crate::demo::kept::Kept;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use units::Secret;

/// The shortest and the longest rest between two calls, in milliseconds.
const REST_MS: (u64, u64) = (1_500, 7_000);
/// The place of these throws, apart from those of the month.
const PLACE: u64 = 1 << 48;

const PROMPTS: [&str; 10] = [
    "Summarise this ticket for the person who takes over the shift.",
    "Write a friendly reply: the parcel is two days late.",
    "Which of these three reviews is about the battery?",
    "Translate the release notes into French.",
    "Explain the difference between a mutex and a semaphore.",
    "Name five questions a customer may ask about this invoice.",
    "Turn this list into a table with the columns name, date and amount.",
    "Find the mistake in this SQL statement.",
    "Draft a job advert for a mechanical engineer.",
    "Is this message spam? Answer yes or no.",
];

/// What a program calls, each as often as its weight: the model, and whether by Messages.
type Called = (&'static str, bool);

const BACKEND: [(Called, u64); 4] = [
    (("sim-openai", false), 5),
    (("sim-gemini", false), 2),
    (("sim-failover", false), 2),
    (("sim-free", false), 1),
];
const AGENTS: [(Called, u64); 2] = [(("sim-anthropic", true), 8), (("sim-reasoner", false), 2)];
const WEBSITE: [(Called, u64); 3] =
    [(("sim-openai", false), 5), (("sim-gemini", false), 3), (("sim-reasoner", false), 2)];

/// Calls until it is dropped. `origin` is where the surface of OpenAI's clients is.
pub async fn go_on(origin: &str, kept: &Kept) {
    let mut dice = Dice::new(kept.seed.unwrap_or(1), PLACE);
    let programs: Vec<(&(String, String), u64)> =
        kept.programs.iter().zip([6, 3, 3].into_iter().chain(std::iter::repeat(1))).collect();
    loop {
        tokio::time::sleep(Duration::from_millis(dice.between(REST_MS.0, REST_MS.1))).await;
        let Some((name, key)) = dice.weighted(&programs).copied() else { return };
        let client = Client::with(origin.to_owned(), Secret::new(key.clone()));
        let (path, body) = next(&mut dice, name);
        // A call that fails is a row like any other, and what a demonstration shows.
        let _: Result<Value, Trouble> = client.send(Method::POST, path, Some(&body)).await;
    }
}

fn next(dice: &mut Dice, name: &str) -> (&'static str, Value) {
    let all: &[(Called, u64)] = match name {
        "code assistants" => &AGENTS,
        "website assistant" => &WEBSITE,
        _ => &BACKEND,
    };
    let (model, by_messages) = *dice.weighted(all).unwrap_or(&BACKEND[0].0);
    let prompt = PROMPTS[usize::try_from(dice.between(0, 9)).unwrap_or(0) % PROMPTS.len()];
    let turns = dice.mostly_small(1, 120);
    let how = match dice.between(0, 99) {
        0..2 => " [[sim: status=529]]".to_owned(),
        2..4 => " [[sim: cut_after=6]]".to_owned(),
        4..6 => " [[sim: status=500 times=1]]".to_owned(),
        _ => {
            // A prompt has more tokens than words, so that this many can have been kept.
            let (tokens, cached) = (dice.mostly_small(20, 320), dice.between(0, turns * 5));
            format!(" [[sim: tokens={tokens} cached={cached} first_ms={} pace_ms=15]]", dice.mostly_small(60, 900))
        }
    };
    let before = format!("{prompt} ").repeat(usize::try_from(turns).unwrap_or(1));
    let content = format!("{before}{how}");
    let body = json!({
        "model": model, "max_tokens": 600, "stream": dice.one_of(700),
        "messages": [{ "role": "user", "content": content }],
    });
    (if by_messages { "/messages" } else { "/chat/completions" }, body)
}
