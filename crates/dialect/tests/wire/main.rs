//! The crate as the server uses it: golden transcripts, properties, the pitfalls of others, the strictness of readers, the
//! fault table. Never here: internals (they are tested beside the code).
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail like tests")]

mod compat;
mod completions;
mod corpus;
mod embeddings;
mod faults;
mod folded;
mod fuzzed;
mod gemini;
mod histories;
mod images;
mod pairs;
mod pitfalls;
mod properties;
mod responses;
mod run;
mod strict;
