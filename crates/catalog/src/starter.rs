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

/// Which providers an operator wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// The names of those that models are bought from, with all that the same credential opens; none is all.
    pub only: &'a [&'a str],
    /// The names of those that are written besides.
    pub more: &'a [&'a str],
}

/// Where a model of a file begins.
const MODEL: &str = "[[model]]\n";
/// Where a route begins; its provider is the first word in quotes.
const ROUTE: &str = "[[model.route]]\n";

impl Starter {
    /// The set of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        STARTERS.iter().find(|starter| starter.name == name)
    }

    /// The providers that the chosen routes lead to, and those that are wanted besides, each once and in the order of `PRESETS`.
    pub fn providers(&self, choice: &Choice<'_>) -> Vec<&'static Preset> {
        let wanted = |preset: &&Preset| self.buys_from(preset, choice) || choice.more.contains(&preset.name);
        PRESETS.iter().filter(wanted).collect()
    }

    fn buys_from(&self, preset: &Preset, choice: &Choice<'_>) -> bool {
        // One credential opens every language of a vendor.
        let same = |name: &&str| Preset::named(name).is_some_and(|named| named.variable == preset.variable);
        self.providers.contains(&preset.name) && (choice.only.is_empty() || choice.only.iter().any(same))
    }

    /// The catalogue file: its providers and its models. Nothing where no model is left of the choice.
    pub fn catalogue(&self, choice: &Choice<'_>) -> Option<String> {
        let models: Vec<String> = self.models.split("\n\n").filter_map(|part| self.chosen(part, choice)).collect();
        let models = models.join("\n\n");
        if !models.contains(MODEL) {
            return None;
        }
        let mut out = format!(
            "# What this gateway sells and who serves it, begun as the preset \"{}\": {}.\n\
             # Every field is told in docs/CATALOGUE.md. `tollgate apply` brings a gateway in line with this file. It reads the\n\
             # credentials from the variables that they name, where it runs; a provider whose variable you have not must go,\n\
             # and so must the routes that lead to it (`tollgate init --only` leaves them out).\n\n",
            self.name, self.told,
        );
        for preset in self.providers(choice) {
            out.push_str(&preset.toml());
            out.push('\n');
        }
        out.push_str(models.trim_end());
        out.push('\n');
        Some(out)
    }

    /// A part of the file between empty lines: words as they are, a model with the routes that are left of it.
    fn chosen(&self, part: &str, choice: &Choice<'_>) -> Option<String> {
        if !part.contains(MODEL) {
            return Some(part.trim_end().to_owned());
        }
        let (model, routes) = part.split_once(ROUTE)?;
        let left: Vec<&str> = routes.split(ROUTE).filter(|route| self.is_left(route, choice)).collect();
        (!left.is_empty()).then(|| format!("{model}{ROUTE}{}", left.join(ROUTE)).trim_end().to_owned())
    }

    fn is_left(&self, route: &str, choice: &Choice<'_>) -> bool {
        let name = route.split('"').nth(1).and_then(Preset::named);
        name.is_some_and(|preset| self.buys_from(preset, choice))
    }
}

#[cfg(test)]
mod tests;
