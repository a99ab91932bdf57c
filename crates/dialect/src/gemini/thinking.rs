//! The thinking that a Gemini server is asked for. In: what the client asks, and the target. Out: `thinkingConfig`.
//! Never here: thoughts, proofs.

use crate::target::{Target, ThinkingForm};
use crate::write::Writer;
use canon::{Loss, Reasoning, ReasoningMode, Request};

/// Writes `thinkingConfig`, where anything is asked. `limit` is the limit of answer tokens, which thoughts count against.
pub(super) fn write(
    request: &Request,
    target: &Target,
    limit: Option<u64>,
    config: &mut Writer<'_>,
    losses: &mut Vec<Loss>,
) {
    let reasoning = &request.reasoning;
    let wanted = reasoning.wanted();
    if !wanted && reasoning.mode != ReasoningMode::Off {
        return;
    }
    let asked = match target.thinking {
        ThinkingForm::Never => {
            if wanted {
                losses.push(Loss::dropped("reasoning_effort", "the model does not reason"));
            }
            return;
        }
        ThinkingForm::Level => Asked::Level(level(reasoning, target, losses)),
        ThinkingForm::Budget | ThinkingForm::Adaptive => budget(reasoning, target, limit, losses),
    };
    let mut thinking = Writer::object(config.key("thinkingConfig"));
    match asked {
        Asked::Budget(budget) => thinking.number("thinkingBudget", budget),
        Asked::AsMuchAsItTakes => thinking.raw("thinkingBudget", "-1"),
        Asked::Level(level) => thinking.text("thinkingLevel", level),
    }
    if wanted && reasoning.display.as_deref() != Some("omitted") {
        thinking.raw("includeThoughts", "true");
    }
    thinking.end();
}

enum Asked {
    Budget(u64),
    AsMuchAsItTakes,
    Level(&'static str),
}

/// The level for an effort or a budget.
fn level(reasoning: &Reasoning, target: &Target, losses: &mut Vec<Loss>) -> &'static str {
    let least = if target.thinking_budget_min == 0 { "MINIMAL" } else { "LOW" };
    let word = match (reasoning.mode, reasoning.effort.as_deref()) {
        (ReasoningMode::Off, _) => {
            let why = "the model always thinks; it is asked for as little as it can";
            losses.push(Loss::approximated("reasoning_effort", why));
            return least;
        }
        (_, Some(effort)) => effort,
        (ReasoningMode::Budget(budget), None) => {
            let why = "the target has levels of thinking, not budgets";
            losses.push(Loss::approximated("thinking.budget_tokens", why));
            match budget {
                0..=4_096 => "low",
                4_097..=12_288 => "medium",
                _ => "high",
            }
        }
        _ => "high",
    };
    match word {
        "minimal" => least,
        "low" => "LOW",
        "medium" => "MEDIUM",
        "high" => "HIGH",
        _ => {
            losses.push(Loss::approximated("reasoning_effort", "the target's levels end at high"));
            "HIGH"
        }
    }
}

/// The budget for an effort, below the limit of answer tokens so that an answer fits as well.
fn budget(reasoning: &Reasoning, target: &Target, limit: Option<u64>, losses: &mut Vec<Loss>) -> Asked {
    let (least, most) = (target.thinking_budget_min, target.thinking_budget_max);
    let wanted = match (reasoning.mode, reasoning.effort.as_deref()) {
        (ReasoningMode::Off, _) => {
            if least > 0 {
                let why = "the model always thinks; it is asked for as little as it can";
                losses.push(Loss::approximated("reasoning_effort", why));
            }
            return Asked::Budget(least);
        }
        (ReasoningMode::Budget(budget), _) => budget,
        (_, Some("minimal")) => 1_024,
        (_, Some("low")) => 2_048,
        (_, Some("medium")) => 8_192,
        (_, Some("high")) => 16_384,
        (_, Some("xhigh" | "max")) => most,
        _ => return Asked::AsMuchAsItTakes,
    };
    let room = limit.map_or(most, |limit| limit / 4 * 3).min(most).max(least);
    if wanted > room {
        let why = "the reasoning budget was lowered to fit the limits";
        losses.push(Loss::approximated("reasoning_effort", why));
    } else if !matches!(reasoning.mode, ReasoningMode::Budget(_)) {
        losses.push(Loss::approximated(
            "reasoning_effort",
            "the target has budgets of tokens, not levels of thinking",
        ));
    }
    Asked::Budget(wanted.min(room).max(least))
}
