//! The simulated providers from outside: over a socket, as a client sees them.
//! In: requests. Out: what came back, to the byte where it matters. Never here: the inside of the crate.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod anthropic;
mod client;
mod faults;
mod gemini;
mod openai;
mod openai_responses;
mod others;
