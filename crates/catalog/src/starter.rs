//! Catalogues to start with, and the providers that they buy from. In: the files of `starter/`, a table of providers.
//! Out: a catalogue file as `tollgate apply` takes it. Never here: a secret (credentials are named by their variable),
//! what is sold once an operator has applied a file of their own.

mod preset;

pub use preset::{PRESETS, Preset};

/// A set of models that ships with the product (R-ROUTE-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starter {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it sells, in a sentence without its full stop.
    pub told: &'static str,
    /// The preset of surfaces that its names come from (docs/SURFACES.md).
    pub surfaces: &'static str,
    /// The names of the providers that its routes lead to, in the order of `PRESETS`.
    providers: &'static [&'static str],
    /// Its models, as TOML.
    models: &'static str,
}

/// Every set; the first is the one that is taken where none is named.
pub const STARTERS: [Starter; 2] = [
    Starter {
        name: "vendors",
        told: "models of Anthropic, OpenAI, Google and xAI under their own names, and three free ones",
        surfaces: "001",
        providers: &["anthropic", "openai", "openai-responses", "gemini", "xai", "openrouter"],
        models: include_str!("../starter/vendors.toml"),
    },
    Starter {
        name: "aliases",
        told: "twelve aliases in four groups, each served by models of several vendors",
        surfaces: "000",
        providers: &["anthropic", "openai", "openai-responses", "gemini", "xai"],
        models: include_str!("../starter/aliases.toml"),
    },
];

impl Starter {
    /// The set of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        STARTERS.iter().find(|starter| starter.name == name)
    }

    /// The providers that its routes lead to, and those named besides, each once and in the order of `PRESETS`.
    pub fn providers(&self, more: &[&str]) -> Vec<&'static Preset> {
        let wanted = |preset: &&Preset| self.providers.contains(&preset.name) || more.contains(&preset.name);
        PRESETS.iter().filter(wanted).collect()
    }

    /// The catalogue file: its providers, those named besides, and its models.
    pub fn catalogue(&self, more: &[&str]) -> String {
        let mut out = format!(
            "# What this gateway sells and who serves it, begun as the preset \"{}\": {}.\n\
             # Every field is told in docs/CATALOGUE.md. `tollgate apply` brings a gateway in line with this file. It reads the\n\
             # credentials from the variables that they name, where it runs; a provider whose variable you have not must go,\n\
             # and so must the routes that lead to it.\n\n",
            self.name, self.told,
        );
        for preset in self.providers(more) {
            out.push_str(&preset.toml());
            out.push('\n');
        }
        out.push_str(self.models);
        out
    }
}

#[cfg(test)]
mod tests;
