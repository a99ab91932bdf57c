//! Configuration: one declaration a setting, read from file, environment and flags. In: texts. Out: checked settings,
//! or every mistake at once. The only reader of the environment. Never here: live things (keys, prices, routes).

mod assets;
mod check;
mod declare;
mod load;
mod render;
mod surfaces;
mod traces;

pub use check::{Config, key_of_hex};
pub use load::{Environment, Layers, Loaded, Mistake};
pub use render::{example, print};

/// The environment of this process.
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    #[expect(clippy::disallowed_methods, reason = "this is the one home of the environment")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one home of the environment")]
    fn names(&self) -> Vec<String> {
        std::env::vars().map(|(name, _)| name).collect()
    }
}
