//! The one cheap look at a request before anything is decided. In: a dialect and a body. Out: what admission, money and
//! routing need, and where the straight lane may splice. Every refusal names the field.
//! Never here: a built document, the meaning of the prompt, a second opinion about a duplicate key.

mod completions;
mod embeddings;
mod fields;
mod gemini;
mod images;
mod input;
mod plain;
mod responses;
pub(crate) mod stored;
mod surcharges;
mod survey;

use crate::embeddings::Vectors;
use crate::images::Pictures;
use crate::json::{Bad, Member, Members, Span, Watch, blank, walk};
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind};
pub(crate) use fields::model_required;
use fields::{Field, Fields};
pub(crate) use gemini::GeminiCuts;
use input::InputSurvey;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;
use stored::{Both, Hints};
pub use surcharges::Beyond;
use surcharges::Offers;
pub(crate) use survey::{Prompter, Survey};

/// No answer is longer; a limit above it is a mistake of the client.
pub(crate) const OUTPUT_TOKENS_MAX: u64 = 10_000_000;
/// More choices than this are refused.
pub(crate) const CHOICES_MAX: u64 = 128;
/// The smallest thinking budget (R-WIRE-7).
pub(crate) const THINKING_BUDGET_MIN: u64 = 1_024;

/// What one look at a request tells.
#[derive(Clone, Debug)]
pub struct Peek {
    /// The dialect of the body.
    pub dialect: Dialect,
    /// The model asked for.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether the client wants to see usage in the stream.
    pub asks_usage: bool,
    /// Whether the client reads thoughts where they are told (a Gemini client says so, others always do).
    pub shows_thoughts: bool,
    /// The client's limit of answer tokens.
    pub max_output: Option<u64>,
    /// How many answers are asked for.
    pub choices: u32,
    /// Whether the client asked for thinking that is billed and not shown (`thinking.display` is `omitted`).
    pub hidden_reasoning_requested: bool,
    /// Whether the client asked for reasoning at all (an effort other than none, a budget, adaptive thinking).
    pub reasoning_requested: bool,
    /// The thinking budget asked for; its largest value is the model's to say (`check_thinking`).
    pub thinking_budget: Option<u64>,
    /// An upper bound of the prompt's text in bytes, hence of its tokens: the whole body, which carries every byte
    /// of text at least once, without the base64 payloads of media.
    pub prompt_bytes: u64,
    /// Base64 payload of media in bytes.
    pub media_bytes: u64,
    /// Images, documents and sounds, at most.
    pub media_items: u32,
    /// Documents among them (a document costs more than an image).
    pub documents: u32,
    /// Messages of the conversation.
    pub messages: u32,
    /// Whether a cache that lives an hour is asked for.
    pub hour_cache: bool,
    /// Whether audio may be sent or answered with.
    pub audio: bool,
    /// Whether the prompt's size cannot be told from the body: something is fetched by the server, its own tools add to
    /// the prompt, or a key is spelt so that only the server reads it.
    pub open_prompt: bool,
    /// Whether tools are offered.
    pub has_tools: bool,
    /// Bytes of a predicted answer, hence at most as many tokens: what the answer does not follow is billed beside it.
    pub prediction_bytes: u64,
    /// The end user as the client names it.
    pub user: Option<String>,
    /// What is asked for beyond tokens at the ordinary rate.
    pub beyond: Vec<Beyond>,
    /// Whether the history holds reasoning that the server would refuse: nobody signed it, or it lies elsewhere.
    pub unsigned_thinking: bool,
    /// Whether the answer may be kept for a later turn (Responses; unless it is said, it may).
    pub store: bool,
    /// The kept answer that this request goes on from (Responses).
    pub previous_response: Option<String>,
    /// What vectors the client awaits (Embeddings).
    pub vectors: Vectors,
    /// What pictures the client awaits (Images).
    pub pictures: Pictures,
    pub(crate) cuts: Cuts,
}

/// Words that are looked for beside the messages. Making a finder costs more than a short look with it, so each is made once.
struct Words {
    hour: Finder<'static>,
    audio: Finder<'static>,
    /// Tools that a server runs itself, with results of its own in the prompt.
    server_tools: [Finder<'static>; 5],
    escape: Finder<'static>,
    half_day: Finder<'static>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    hour: Finder::new("\"1h\""),
    audio: Finder::new("audio"),
    server_tools: ["web_search", "web_fetch", "code_execution", "file_search", "\"mcp"].map(Finder::new),
    escape: Finder::new("\\u00"),
    half_day: Finder::new("\"12h\""),
});

impl Peek {
    /// Nothing seen yet.
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            model: String::new(),
            stream: false,
            asks_usage: dialect != Dialect::OpenAiChat,
            shows_thoughts: dialect != Dialect::Gemini,
            max_output: None,
            choices: 1,
            hidden_reasoning_requested: false,
            reasoning_requested: false,
            thinking_budget: None,
            prompt_bytes: 0,
            media_bytes: 0,
            media_items: 0,
            documents: 0,
            messages: 0,
            hour_cache: false,
            audio: false,
            open_prompt: false,
            has_tools: false,
            prediction_bytes: 0,
            user: None,
            beyond: Vec::new(),
            unsigned_thinking: false,
            store: true,
            previous_response: None,
            vectors: Vectors::default(),
            pictures: Pictures::default(),
            cuts: Cuts::default(),
        }
    }

    /// Looks at what stands beside the messages for what makes a request dearer. A word may say so wrongly (a tool's
    /// description that mentions audio); then the hold is larger, never the charge.
    fn look_around(&mut self, text: &[u8]) {
        let says = |word: &Finder<'_>| word.find(text).is_some();
        let words = &*WORDS;
        self.hour_cache |= says(&words.hour);
        self.audio |= says(&words.audio);
        self.open_prompt |= words.server_tools.iter().any(says) || hides_letters(text, &words.escape);
    }

    /// Whether the thinking budget is within the model's own limit (R-WIRE-7).
    ///
    /// # Errors
    /// A fault that names the field.
    pub fn check_thinking(&self, budget_max: u64) -> Result<(), Fault> {
        match self.thinking_budget {
            Some(budget) if budget > budget_max => {
                let field = match self.dialect {
                    Dialect::Gemini => "generationConfig.thinkingConfig.thinkingBudget",
                    _ => "thinking.budget_tokens",
                };
                let told = format!("{field} must be at most {budget_max} for this model, not {budget}.");
                Err(Fault::invalid(field, told))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a letter (or the 1 of an hour) is spelt as an escape: nobody writes `a` as `u0061` but to hide a word.
fn hides_letters(text: &[u8], escape: &Finder<'_>) -> bool {
    let hides = |at: usize| match text.get(at + 4..at + 6) {
        Some([b'4'..=b'7', _]) => true,
        Some(hex) => hex == b"31",
        None => false,
    };
    escape.find_iter(text).any(hides)
}

/// Where the straight lane may splice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cuts {
    pub model: Span,
    pub stream_options: Option<Member>,
    pub max_tokens: Option<Member>,
    pub max_completion_tokens: Option<Member>,
    /// The end of the last member.
    pub last: usize,
    pub prompters: Vec<Prompter>,
    pub unsigned: Vec<Span>,
    pub gemini: GeminiCuts,
    pub input: Option<Member>,
    pub max_output_tokens: Option<Member>,
    pub store: Option<Member>,
    pub previous: Option<Member>,
    pub include: Option<Member>,
    /// Whether the body is a form, in which a text stands as it is.
    pub form: bool,
}

/// Looks at a request whose path names the model and says whether the answer is streamed. In other dialects the body says
/// both, and the path is not asked.
///
/// # Errors
/// A fault that names the field.
pub fn peek_path(dialect: Dialect, model: &str, stream: bool, body: &Bytes) -> Result<Peek, Fault> {
    match dialect {
        Dialect::Gemini => gemini::look(model, stream, body),
        _ => peek(dialect, body),
    }
}

/// Looks at a request for changed images that comes as a form. `content_type` is that of the request, boundary included; it goes
/// to the upstream as it is.
///
/// # Errors
/// A fault that names the field.
pub fn peek_form(content_type: &str, body: &Bytes) -> Result<Peek, Fault> {
    images::look_form(content_type, body)
}

/// Looks at a request as its client sent it.
///
/// # Errors
/// A fault that names the field, also where it names what lies in a provider's account.
pub fn peek(dialect: Dialect, body: &Bytes) -> Result<Peek, Fault> {
    let (peek, hints) = look(dialect, body)?;
    if hints.found {
        stored::check(dialect, body)?;
    }
    Ok(peek)
}

/// Looks at a request into which this house put what it had kept itself: a provider's answer may name what lies in its account.
///
/// # Errors
/// A fault that names the field.
pub fn peek_whole(dialect: Dialect, body: &Bytes) -> Result<Peek, Fault> {
    look(dialect, body).map(|(peek, _)| peek)
}

fn look(dialect: Dialect, body: &Bytes) -> Result<(Peek, Hints), Fault> {
    let plain = |peek| (peek, Hints::default());
    match dialect {
        Dialect::Completions => return completions::look(body).map(plain),
        Dialect::Embeddings => return embeddings::look(body).map(plain),
        Dialect::Images | Dialect::ImageEdits => return images::look(dialect, body).map(plain),
        Dialect::Gemini => return gemini::look("", false, body).map(plain),
        _ => {}
    }
    let start = check_text(body)?;
    let mut fields = Fields::new(dialect);
    let mut survey = Survey::default();
    let mut input = InputSurvey::default();
    let responses = dialect == Dialect::OpenAiResponses;
    let mut members = Members::new(body, start, 0).map_err(not_json)?;
    let mut offers = Offers::default();
    let mut hints = Hints::default();
    let mut messages = (start, start);
    while let Some(pending) = members.key().map_err(not_json)? {
        let name = pending.name(body);
        let field = Field::of(&name);
        let end = match (field, body.get(pending.value)) {
            (Some(Field::Messages), Some(b'[')) => walk(body, pending.value, 1, &mut Both(&mut survey, &mut hints)),
            (Some(Field::Input), Some(b'[')) if responses => {
                walk(body, pending.value, 1, &mut Both(&mut input, &mut hints))
            }
            (Some(Field::Tools), Some(b'[')) => walk(body, pending.value, 1, &mut Both(&mut offers, &mut hints)),
            _ => {
                hints.key(1, &name);
                walk(body, pending.value, 1, &mut hints)
            }
        }
        .map_err(not_json)?;
        let member = members.done(&pending, end);
        if field == Some(if responses { Field::Input } else { Field::Messages }) {
            messages = member.value;
        }
        match field {
            Some(field) => fields.take(field, body, member)?,
            None => fields::look_alike(&name)?,
        }
    }
    let rest = blank(body, members.end());
    if rest < body.len() {
        return Err(not_json(Bad::Trailing(rest)));
    }
    let mut brought = responses::brought(body, &input.tools);
    if responses {
        hints.found |= input.bare;
        if body[messages.0..messages.1].len() > 2 && body[messages.0] == b'"' {
            input.one_text();
        }
        survey = input.into_survey();
    }
    let mut peek = fields.finish(body.len(), members.last(), survey)?;
    peek.look_around(&body[..messages.0]);
    peek.look_around(&body[messages.1..]);
    peek.beyond.append(&mut offers.found);
    peek.beyond.append(&mut brought);
    // A cache of half a day is priced as one of an hour or more.
    let rest = [&body[..messages.0], &body[messages.1..]];
    peek.hour_cache |= responses && rest.iter().any(|text| WORDS.half_day.find(text).is_some());
    Ok((peek, hints))
}

/// The opening brace; says what is wrong with a body that has none.
pub(crate) fn check_text(body: &[u8]) -> Result<usize, Fault> {
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err(bad_body("The body starts with a byte order mark; send plain UTF-8 without one."));
    }
    if let Err(error) = std::str::from_utf8(body) {
        return Err(bad_body(format!("The body is not valid UTF-8 (at byte {}).", error.valid_up_to())));
    }
    let start = blank(body, 0);
    match body.get(start) {
        Some(b'{') => Ok(start),
        None => Err(bad_body("The body is empty; a JSON object was expected.")),
        Some(_) => match crate::json::skip(body, start, 0) {
            Ok(_) => Err(bad_body("The body is JSON but not an object.")),
            Err(bad) => Err(not_json(bad)),
        },
    }
}

fn bad_body(told: impl Into<Cow<'static, str>>) -> Fault {
    Fault::new(FaultKind::InvalidRequest, told)
}

pub(crate) fn not_json(bad: Bad) -> Fault {
    bad_body(match bad {
        Bad::Depth => format!("The body is refused: {bad}."),
        Bad::Byte(_) | Bad::End | Bad::Trailing(_) => format!("The body is not valid JSON: {bad}."),
    })
}

#[cfg(test)]
#[path = "peek/tests.rs"]
mod tests;
