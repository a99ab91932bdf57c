//! The public page of how models did in the last day. In: how many calls were answered of how many, by model. Out: HTML, Markdown, in
//! parts of a hundred. Never here: how much traffic there is, a provider, a customer.

use crate::facts::Facts;
use crate::layout::Layout;
use crate::markdown::to_html;
use crate::tables::plain;
use std::fmt::Write;

const TITLE: &str = "Status";
const DESCRIPTION: &str = "How the models did in the last 24 hours.";

/// How a model did.
#[derive(Clone, Debug, Default)]
pub struct ModelHealth {
    /// Its id.
    pub model: String,
    /// Calls that were answered.
    pub answered: u64,
    /// Calls that failed, or broke off.
    pub failed: u64,
}

/// How all did.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// The instant to which it was counted.
    pub until: String,
    /// Each model that was called.
    pub models: Vec<ModelHealth>,
    /// Whether the sums could be read.
    pub known: bool,
}

impl ModelHealth {
    /// A word for it, and tenths of a percent that were answered, rounded down.
    fn state(&self) -> Option<(&'static str, u64)> {
        let all = self.answered.checked_add(self.failed).filter(|all| *all > 0)?;
        let permille = u64::try_from(u128::from(self.answered) * 1_000 / u128::from(all)).unwrap_or(0);
        let word = match permille {
            990.. => "works",
            900.. => "works, with failures",
            500.. => "fails often",
            _ => "fails",
        };
        Some((word, permille))
    }
}

/// The page as HTML.
pub fn status(facts: &Facts, health: &Health) -> String {
    let body = to_html(&status_markdown(facts, health));
    let layout = Layout {
        markdown: Some("/status.md".to_owned()),
        ..Layout::alone((TITLE, DESCRIPTION), "/status", &body, facts)
    };
    layout.page()
}

/// The page as Markdown.
pub fn status_markdown(facts: &Facts, health: &Health) -> String {
    let mut out = format!("# {TITLE}\n\n");
    if !health.known {
        out.push_str("How the models did cannot be told at the moment: the sums of usage could not be read. This page itself was \
                      answered, so the gateway runs.\n");
        return out;
    }
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "The last 24 hours, to {}, by the sums of usage. *Answered* is the part of the calls that got an answer; calls that were refused \
         because of the caller (a wrong field, no credit, a limit) count for nothing.\n\n| model | name | state | answered |\n| --- | --- | --- | ---: |\n",
        health.until
    );
    for model in &facts.models {
        let found = health.models.iter().find(|found| found.model == model.id).and_then(ModelHealth::state);
        let (word, part) = match found {
            Some((word, permille)) => (word, format!("{}.{} %", permille / 10, permille % 10)),
            None => ("not called", "-".to_owned()),
        };
        let _ = writeln!(out, "| `{}` | {} | {word} | {part} |", model.id, plain(&model.name));
    }
    if facts.models.is_empty() {
        out.push_str("\nNo model is sold here yet.\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::ModelFact;

    /// R-WEB-2: states are told by parts, rounded down, without numbers of calls.
    #[test]
    fn r_web_2_states_are_told_by_parts() {
        let model = |id: &str| ModelFact { id: id.into(), ..ModelFact::default() };
        let facts = Facts { models: ["a", "b", "c", "d"].map(model).to_vec(), ..Facts::default() };
        let did = |id: &str, answered, failed| ModelHealth { model: id.into(), answered, failed };
        let models = vec![did("a", 99_999, 1), did("b", 1, 2), did("c", 0, 0), did("gone", 5, 5)];
        let health = Health { until: "2026-11-30T10:00:00Z".into(), models, known: true };
        let told = status_markdown(&facts, &health);
        assert!(told.contains("| `a` |  | works | 99.9 % |"), "{told}");
        assert!(told.contains("| `b` |  | fails | 33.3 % |"), "{told}");
        assert!(
            told.contains("| `c` |  | not called | - |") && told.contains("| `d` |  | not called | - |"),
            "{told}"
        );
        assert!(!told.contains("gone") && !told.contains("99999"));
        assert!(status_markdown(&facts, &Health::default()).contains("cannot be told"));
    }
}
