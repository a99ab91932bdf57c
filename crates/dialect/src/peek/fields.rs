//! The top-level fields that a look reads, each checked once. In: members as they come. Out: a `Peek`, or a fault that
//! names the field. Never here: nested prompt text (survey).

use super::surcharges;
use super::survey::Survey;
use super::{CHOICES_MAX, OUTPUT_TOKENS_MAX, Peek, THINKING_BUDGET_MIN};
use crate::json::{Member, Members, string_value, whole};
use canon::{Dialect, Fault, FaultKind};

macro_rules! fields {
    ($($name:ident = $text:literal,)*) => {
        /// A top-level field that is read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Field { $($name,)* }

        impl Field {
            const NAMES: &[&str] = &[$($text,)*];

            /// The field of that name.
            #[inline]
            pub fn of(name: &[u8]) -> Option<Self> {
                $(if name == $text.as_bytes() { return Some(Self::$name); })*
                None
            }

            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

fields! {
    Model = "model",
    Messages = "messages",
    Stream = "stream",
    StreamOptions = "stream_options",
    MaxTokens = "max_tokens",
    MaxCompletionTokens = "max_completion_tokens",
    Choices = "n",
    Temperature = "temperature",
    TopP = "top_p",
    Tools = "tools",
    ReasoningEffort = "reasoning_effort",
    Thinking = "thinking",
    User = "user",
    SafetyIdentifier = "safety_identifier",
    Metadata = "metadata",
    ServiceTier = "service_tier",
    Speed = "speed",
    InferenceGeo = "inference_geo",
    WebSearchOptions = "web_search_options",
    SearchParameters = "search_parameters",
    EnableSearch = "enable_search",
    Container = "container",
    McpServers = "mcp_servers",
    Plugins = "plugins",
    Modalities = "modalities",
    Audio = "audio",
    Models = "models",
    Provider = "provider",
    Reasoning = "reasoning",
    IncludeReasoning = "include_reasoning",
    EnableThinking = "enable_thinking",
    Prediction = "prediction",
    BestOf = "best_of",
    Input = "input",
    MaxOutputTokens = "max_output_tokens",
    Store = "store",
    PreviousResponse = "previous_response_id",
    Include = "include",
    Background = "background",
    Conversation = "conversation",
    Prompt = "prompt",
}

/// Servers exist that match keys without regard to case. A second spelling of a field that is read here is refused, so that
/// nobody reads another request than we did.
pub(super) fn look_alike(name: &[u8]) -> Result<(), Fault> {
    other_spelling("", name, Field::NAMES)
}

/// Refuses another spelling of one of these names below `path`.
pub(super) fn other_spelling(path: &str, name: &[u8], known: &[&str]) -> Result<(), Fault> {
    // Almost every field is in lower case, and then it is none of these.
    if !name.iter().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        return Ok(());
    }
    let sent = String::from_utf8_lossy(name);
    // Two letters beyond ASCII fold to letters of it.
    let folded = sent.replace('\u{17f}', "s").replace('\u{212a}', "k");
    match known.iter().find(|known| folded.eq_ignore_ascii_case(known)) {
        Some(known) => Err(Fault::invalid(
            format!("{path}{sent}"),
            format!("Unknown field; write it in lower case: `{path}{known}`."),
        )),
        None => Ok(()),
    }
}

/// What has been read so far.
pub(super) struct Fields {
    dialect: Dialect,
    seen: u64,
    pub(super) peek: Peek,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    messages_seen: bool,
}

/// A refusal of a field that must be something else.
pub(super) fn wants(field: Field, what: &str) -> Fault {
    Fault::invalid(field.name(), format!("`{}` must be {what}.", field.name()))
}

impl Fields {
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            seen: 0,
            max_tokens: None,
            max_completion_tokens: None,
            messages_seen: false,
            peek: Peek::new(dialect),
        }
    }

    /// Takes one field. Two of the same name are refused: parsers differ in which one counts.
    pub fn take(&mut self, field: Field, body: &[u8], member: Member) -> Result<(), Fault> {
        debug_assert!(Field::NAMES.len() <= 64);
        let bit = 1_u64 << field as u32;
        if self.seen & bit != 0 {
            return Err(Fault::invalid(field.name(), format!("`{}` is given twice.", field.name())));
        }
        self.seen |= bit;
        let value = member.text(body);
        self.peek.beyond.extend(surcharges::of(field, value));
        match field {
            Field::Model => self.model(value, &member),
            Field::Messages => self.messages(value),
            Field::StreamOptions => self.stream_options(value, member),
            Field::Thinking => self.thinking(value),
            Field::Reasoning => self.reasoning(value),
            Field::Metadata => self.metadata(value),
            Field::MaxTokens => {
                self.max_tokens = tokens(field, value)?;
                self.peek.cuts.max_tokens = Some(member);
                Ok(())
            }
            Field::MaxCompletionTokens => {
                self.max_completion_tokens = tokens(field, value)?;
                self.peek.cuts.max_completion_tokens = Some(member);
                Ok(())
            }
            Field::Input
            | Field::MaxOutputTokens
            | Field::Store
            | Field::PreviousResponse
            | Field::Include
            | Field::Background
            | Field::Conversation
            | Field::Prompt => self.of_responses(field, value, member),
            _ => self.plain(field, value),
        }
    }

    fn plain(&mut self, field: Field, value: &[u8]) -> Result<(), Fault> {
        if value == b"null" {
            return Ok(());
        }
        match field {
            Field::Stream => match value {
                b"true" => self.peek.stream = true,
                b"false" => {}
                _ => return Err(wants(field, "true or false")),
            },
            Field::Choices => {
                let n = whole(value).filter(|n| (1..=CHOICES_MAX).contains(n));
                let n = n.ok_or_else(|| wants(field, &format!("an integer from 1 to {CHOICES_MAX}")))?;
                self.peek.choices = u32::try_from(n).unwrap_or(1);
            }
            Field::Temperature | Field::TopP => {
                let top = if field == Field::TopP { 1.0 } else { 2.0 };
                let what = if field == Field::TopP { "a number from 0 to 1" } else { "a number from 0 to 2" };
                let number = std::str::from_utf8(value).ok().and_then(|t| t.parse::<f64>().ok());
                if !number.is_some_and(|n| (0.0..=top).contains(&n)) {
                    return Err(wants(field, what));
                }
            }
            Field::Tools => match value.first() {
                Some(b'[') => self.peek.has_tools = value.contains(&b'{'),
                _ => return Err(wants(field, "an array")),
            },
            Field::IncludeReasoning => match value {
                b"false" => self.peek.hidden_reasoning_requested = true,
                _ => self.peek.reasoning_requested = true,
            },
            Field::EnableThinking => self.peek.reasoning_requested |= value != b"false",
            Field::ReasoningEffort => {
                let effort = text(field, value)?;
                self.peek.reasoning_requested |= effort != "none";
            }
            Field::User | Field::SafetyIdentifier => {
                let user = text(field, value)?;
                if self.peek.user.is_none() || field == Field::SafetyIdentifier {
                    self.peek.user = Some(user);
                }
            }
            Field::Prediction => self.peek.prediction_bytes = value.len() as u64,
            // Answers that are made and thrown away are billed like those that are shown.
            Field::BestOf if value != b"1" => {
                return Err(Fault::new(FaultKind::UnsupportedParameter, "`best_of` is not supported; use `n`.")
                    .at("best_of"));
            }
            Field::ServiceTier => drop(text(field, value)?),
            _ => {}
        }
        Ok(())
    }

    fn model(&mut self, value: &[u8], member: &Member) -> Result<(), Fault> {
        if value == b"null" {
            return Err(model_required());
        }
        let model = text(Field::Model, value)?;
        if model.is_empty() {
            return Err(model_required());
        }
        self.peek.model = model;
        self.peek.cuts.model = member.value;
        Ok(())
    }

    fn messages(&mut self, value: &[u8]) -> Result<(), Fault> {
        if self.dialect == Dialect::OpenAiResponses {
            return Err(Fault::invalid("messages", "`messages` is no field of this endpoint; use `input`."));
        }
        match value.first() {
            Some(b'[') => {
                self.messages_seen = true;
                Ok(())
            }
            _ if value == b"null" => Err(messages_required()),
            _ => Err(wants(Field::Messages, "an array of messages")),
        }
    }

    fn stream_options(&mut self, value: &[u8], member: Member) -> Result<(), Fault> {
        self.peek.cuts.stream_options = Some(member);
        if value == b"null" {
            return Ok(());
        }
        let mut seen = false;
        for_each(Field::StreamOptions, value, |name, inner| {
            if name != b"include_usage" {
                return other_spelling("stream_options.", name, &["include_usage"]);
            }
            if std::mem::replace(&mut seen, true) {
                return Err(twice("stream_options.include_usage"));
            }
            self.peek.asks_usage |= inner == b"true";
            match inner {
                b"true" | b"false" | b"null" => Ok(()),
                _ => Err(Fault::invalid(
                    "stream_options.include_usage",
                    "`stream_options.include_usage` must be true or false.",
                )),
            }
        })
    }

    fn metadata(&mut self, value: &[u8]) -> Result<(), Fault> {
        if value == b"null" || self.dialect != Dialect::Anthropic {
            return Ok(());
        }
        for_each(Field::Metadata, value, |name, inner| {
            if name == b"user_id" && inner != b"null" {
                let user = string_value(inner)
                    .ok_or_else(|| Fault::invalid("metadata.user_id", "`metadata.user_id` must be a string."))?;
                self.peek.user = Some(user.into_owned());
            }
            Ok(())
        })
    }

    fn thinking(&mut self, value: &[u8]) -> Result<(), Fault> {
        if value == b"null" {
            return Ok(());
        }
        let mut budget = None;
        let mut enabled = false;
        let mut seen = 0_u8;
        for_each(Field::Thinking, value, |name, inner| {
            let bit = match name {
                b"type" => 1,
                b"budget_tokens" => 2,
                b"display" => 4,
                _ => return other_spelling("thinking.", name, &["type", "budget_tokens", "display"]),
            };
            if seen & bit != 0 {
                return Err(twice("thinking"));
            }
            seen |= bit;
            match bit {
                1 => {
                    let kind = string_value(inner)
                        .ok_or_else(|| Fault::invalid("thinking.type", "`thinking.type` must be a string."))?;
                    enabled = kind == "enabled";
                    self.peek.reasoning_requested |= kind != "disabled";
                }
                2 if inner != b"null" => budget = Some(whole(inner).unwrap_or(0)),
                4 => {
                    // A summary shows less than is billed.
                    let less = string_value(inner).is_some_and(|d| d == "omitted" || d == "summarized");
                    self.peek.hidden_reasoning_requested |= less;
                }
                _ => {}
            }
            Ok(())
        })?;
        self.peek.thinking_budget = budget;
        if enabled && budget.is_none() && self.dialect == Dialect::Anthropic {
            return Err(budget_fault(&format!("an integer of at least {THINKING_BUDGET_MIN}")));
        }
        Ok(())
    }

    /// Reasoning as routers and Responses-like servers take it. Whatever is not an object is left to the server.
    fn reasoning(&mut self, value: &[u8]) -> Result<(), Fault> {
        if value.first() != Some(&b'{') {
            self.peek.reasoning_requested |= value != b"null" && value != b"false";
            return Ok(());
        }
        for_each(Field::Reasoning, value, |name, inner| {
            let says = |word: &str| string_value(inner).is_some_and(|w| w == word);
            match name {
                b"effort" => self.peek.reasoning_requested |= inner != b"null" && !says("none"),
                b"max_tokens" => self.peek.reasoning_requested |= inner != b"null" && inner != b"0",
                b"enabled" => self.peek.reasoning_requested |= inner == b"true",
                b"exclude" => self.peek.hidden_reasoning_requested |= inner == b"true",
                b"summary" | b"generate_summary" if inner != b"null" => {
                    self.peek.reasoning_requested = true;
                    self.peek.hidden_reasoning_requested = true;
                }
                _ => {
                    let known = ["effort", "max_tokens", "enabled", "exclude", "summary", "generate_summary"];
                    return other_spelling("reasoning.", name, &known);
                }
            }
            Ok(())
        })
    }

    /// The checks that need several fields, and the look as a whole.
    pub fn finish(mut self, len: usize, last: usize, survey: Survey) -> Result<Peek, Fault> {
        if self.peek.model.is_empty() {
            return Err(model_required());
        }
        let responses = self.dialect == Dialect::OpenAiResponses;
        if let Some(index) = survey.not_an_object {
            let path = format!("{}[{index}]", if responses { "input" } else { "messages" });
            return Err(Fault::invalid(path.clone(), format!("`{path}` must be an object.")));
        }
        if responses {
            self.check_input(survey.messages, survey.unsigned.len())?;
            // What is shown of reasoning is a summary, if anything.
            self.peek.hidden_reasoning_requested |= self.peek.reasoning_requested;
        } else if !self.messages_seen || survey.messages == 0 {
            return Err(messages_required());
        }
        self.limits()?;
        let peek = &mut self.peek;
        peek.cuts.last = last;
        peek.cuts.prompters = survey.prompters;
        peek.unsigned_thinking = !survey.unsigned.is_empty();
        peek.cuts.unsigned = survey.unsigned;
        peek.messages = survey.messages;
        peek.media_bytes = survey.media_bytes;
        peek.media_items = survey.media_items;
        peek.documents = survey.documents;
        peek.hour_cache = survey.hour;
        peek.audio = survey.audio || survey.odd;
        peek.open_prompt = survey.odd || survey.fetched;
        peek.prompt_bytes = (len as u64).saturating_sub(survey.media_bytes);
        Ok(self.peek)
    }

    pub(super) fn limits(&mut self) -> Result<(), Fault> {
        let peek = &mut self.peek;
        if self.dialect == Dialect::OpenAiResponses {
            return Ok(());
        }
        match (self.max_tokens, self.max_completion_tokens) {
            (Some(old), Some(new)) if old != new => {
                return Err(Fault::invalid(
                    "max_tokens",
                    "`max_tokens` and `max_completion_tokens` differ; give one of them.",
                ));
            }
            (old, new) => peek.max_output = new.or(old),
        }
        if self.dialect == Dialect::Anthropic && self.max_tokens.is_none() {
            return Err(wants(Field::MaxTokens, "an integer of at least 1; it is required"));
        }
        if let Some(budget) = peek.thinking_budget {
            if budget < THINKING_BUDGET_MIN {
                return Err(budget_fault(&format!("an integer of at least {THINKING_BUDGET_MIN}")));
            }
            if peek.max_output.is_some_and(|max| budget >= max) {
                return Err(budget_fault("less than `max_tokens`"));
            }
        }
        Ok(())
    }
}

fn budget_fault(what: &str) -> Fault {
    Fault::invalid("thinking.budget_tokens", format!("`thinking.budget_tokens` must be {what}."))
}

fn twice(path: &'static str) -> Fault {
    Fault::invalid(path, format!("`{path}` holds a field that is given twice."))
}

pub(crate) fn model_required() -> Fault {
    Fault::new(FaultKind::ModelRequired, "`model` is required: the id of a model.").at("model")
}

fn messages_required() -> Fault {
    Fault::new(FaultKind::MessagesRequired, "`messages` is required: an array with at least one message.")
        .at("messages")
}

pub(super) fn text(field: Field, value: &[u8]) -> Result<String, Fault> {
    string_value(value).map(std::borrow::Cow::into_owned).ok_or_else(|| wants(field, "a string"))
}

pub(super) fn tokens(field: Field, value: &[u8]) -> Result<Option<u64>, Fault> {
    if value == b"null" {
        return Ok(None);
    }
    whole(value)
        .filter(|n| (1..=OUTPUT_TOKENS_MAX).contains(n))
        .map(Some)
        .ok_or_else(|| wants(field, &format!("an integer from 1 to {OUTPUT_TOKENS_MAX}")))
}

/// Reads the members of a small object; the text was walked before, so it is well formed.
fn for_each(
    field: Field,
    value: &[u8],
    mut take: impl FnMut(&[u8], &[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let no_object = |_| wants(field, "an object");
    let mut members = Members::new(value, 0, 1).map_err(no_object)?;
    while let Some(member) = members.next().map_err(no_object)? {
        take(&member.name(value), member.text(value))?;
    }
    Ok(())
}
