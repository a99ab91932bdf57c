//! The demonstration: a store with a month behind it, and calls that go on. In: a configuration, a seed. Out: people who can sign
//! in, keys, and books that agree. All of it goes through the house itself, on a clock that stands in the past.
//! Never here: flags and words (cli/demo.rs), a way into the store that the product has not.

mod clock;
mod dice;
mod history;
mod kept;
mod plan;
mod town;
mod traffic;
mod trickle;

pub use history::{HistoryError, How, catalogue_now, tell};
pub use kept::Kept;
pub use trickle::go_on;

/// What the demonstration sells. `SIM` stands for the address of its simulated providers.
pub const CATALOGUE: &str = include_str!("demo/catalogue.toml");
/// The short name of the workspace that its key belongs to.
pub const WORKSPACE: &str = "demo";
