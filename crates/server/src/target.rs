//! From the catalogue's words to the codecs' words: what a route's server wants. In: a model and one of its routes.
//! Out: a `Target`. Never here: a default of our own (absent means the language's standard).

use canon::Dialect;
use catalog as from;
use dialect::tasks::TaskShape;
use dialect::{Betas, MaxTokensField, ReasoningField, SystemPlacement, Target, ThinkingForm};

/// How a provider tells its tasks.
pub fn task_shape(shape: &from::TaskShape) -> TaskShape {
    let from::TaskShape { begin, ask, id, state, pending, succeeded, failed, images, url, b64_json } =
        shape.clone();
    TaskShape { begin, ask, id, state, pending, succeeded, failed, images, url, b64_json }
}

/// The target of a route.
pub fn target(model: &from::Model, route: &from::Route, dialect: Dialect) -> Target {
    let quirks = &route.quirks;
    let mut target = Target::new(dialect, &*route.model, model.max_output_tokens);
    target.thinking_budget_max = model.thinking_budget_max;
    if model.reasoning == from::Reasoning::None {
        // Asking a model to think that cannot is an error with most servers.
        target.thinking = ThinkingForm::Never;
    }
    if let Some(field) = quirks.max_tokens_field {
        target.max_tokens_field = match field {
            from::MaxTokensField::MaxCompletionTokens => MaxTokensField::MaxCompletionTokens,
            from::MaxTokensField::MaxTokens => MaxTokensField::MaxTokens,
        };
    }
    if let Some(system) = quirks.system {
        target.system = match system {
            from::SystemPlacement::AsSent => SystemPlacement::AsSent,
            from::SystemPlacement::DeveloperInPlace => SystemPlacement::DeveloperInPlace,
            from::SystemPlacement::SystemInPlace => SystemPlacement::SystemInPlace,
            from::SystemPlacement::LeadingOnly => SystemPlacement::LeadingOnly,
            from::SystemPlacement::AsUser => SystemPlacement::AsUser,
        };
    }
    if let Some(field) = quirks.reasoning_field {
        target.reasoning_field = match field {
            from::ReasoningField::Never => ReasoningField::Never,
            from::ReasoningField::ReasoningContent => ReasoningField::ReasoningContent,
            from::ReasoningField::Reasoning => ReasoningField::Reasoning,
        };
    }
    if let Some(thinking) = quirks.thinking {
        target.thinking = match thinking {
            from::ThinkingForm::Never => ThinkingForm::Never,
            from::ThinkingForm::Budget => ThinkingForm::Budget,
            from::ThinkingForm::Adaptive => ThinkingForm::Adaptive,
            from::ThinkingForm::Level => ThinkingForm::Level,
        };
    }
    target.stream_options = quirks.stream_options.unwrap_or(target.stream_options);
    target.structured_output = quirks.structured_output.unwrap_or(target.structured_output);
    target.thinking_budget_min = quirks.thinking_budget_min.unwrap_or(target.thinking_budget_min);
    target.json_schema = quirks.json_schema.unwrap_or(target.json_schema);
    target.result_media = quirks.result_media.unwrap_or(target.result_media);
    target.signature_stand_in = quirks.signature_stand_in.unwrap_or(target.signature_stand_in);
    target.counts = quirks.counts.unwrap_or(target.counts);
    target.cache_insert = quirks.cache_insert.unwrap_or(target.cache_insert);
    target.prompt_cache_key = quirks.prompt_cache_key.unwrap_or(target.prompt_cache_key);
    target.cache_breakpoints = quirks.cache_breakpoints.unwrap_or(target.cache_breakpoints);
    if let Some(list) = &quirks.betas {
        target.betas = if list.is_empty() { Betas::Drop } else { Betas::Only(list.clone()) };
    }
    target
}
