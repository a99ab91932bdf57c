//! A request in no dialect. In: what a client said, decoded. Out: what any upstream can be told. Texts that are JSON stay the
//! text they were, so big integers, key order and escapes survive. Never here: a field name of a dialect.

use crate::{Dialect, Fault};
use serde_json::value::RawValue;

/// JSON kept as the text it was.
pub type RawJson = Box<RawValue>;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The dialect it was said in; `extras` are that dialect's.
    pub dialect: Dialect,
    /// The public model.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// The system prompt at the head.
    pub system: Vec<Block>,
    /// The conversation; no two neighbours have the same role.
    pub turns: Vec<Turn>,
    /// The tools on offer.
    pub tools: Vec<Tool>,
    /// Those of `tools` that the client knows as more than a function of that name.
    pub client_tools: Vec<ClientTool>,
    /// Which tool must be called.
    pub tool_choice: Option<ToolChoice>,
    /// Whether several calls at once are welcome.
    pub parallel_tools: Option<bool>,
    /// The limit of answer tokens.
    pub max_output: Option<u64>,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Stop sequences.
    pub stop: Vec<String>,
    /// How many answers.
    pub choices: u32,
    /// The form of the answer.
    pub output_format: OutputFormat,
    /// What is asked about reasoning.
    pub reasoning: Reasoning,
    /// The end user.
    pub user: Option<String>,
    /// The service tier asked for.
    pub service_tier: Option<String>,
    /// Things whose absence would change the meaning, by the name the client knows: refused by who cannot do them.
    pub demands: Vec<String>,
    /// Fields that only the client's dialect knows, as they were.
    pub extras: Vec<(String, RawJson)>,
    /// A text that the answer begins with though the model does not write it (the prompt of a client that wants it echoed).
    pub lead: Option<String>,
    /// Bytes of the body it was read from; who writes it anew makes room for about as many.
    pub read_bytes: usize,
}

impl Request {
    /// A request that says nothing yet.
    pub fn new(dialect: Dialect, model: impl Into<String>) -> Self {
        Self {
            dialect,
            model: model.into(),
            stream: false,
            system: Vec::new(),
            turns: Vec::new(),
            tools: Vec::new(),
            client_tools: Vec::new(),
            tool_choice: None,
            parallel_tools: None,
            max_output: None,
            sampling: Sampling::default(),
            stop: Vec::new(),
            choices: 1,
            output_format: OutputFormat::Text,
            reasoning: Reasoning::default(),
            user: None,
            service_tier: None,
            demands: Vec::new(),
            extras: Vec::new(),
            lead: None,
            read_bytes: 0,
        }
    }

    /// Appends blocks as a turn, or to the last turn if the same side spoke.
    pub fn say(&mut self, role: Role, blocks: Vec<Block>) {
        if blocks.is_empty() {
            return;
        }
        match self.turns.last_mut() {
            Some(last) if last.role == role => last.blocks.extend(blocks),
            _ => self.turns.push(Turn { role, blocks }),
        }
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The operator of the conversation, in the middle of it.
    System,
    /// The user, and the tools that answer.
    User,
    /// The model.
    Assistant,
}

/// What one side said at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub role: Role,
    /// What.
    pub blocks: Vec<Block>,
}

/// One piece of content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Whether a prompt cache may end behind it.
    pub cache: Option<CacheMark>,
    /// Where the client said it.
    pub place: Place,
}

/// A place in a client's request, in the words of its dialect: who cannot take what stands there refuses it by this. What is said
/// is the same wherever it stands, so all places are equal.
#[derive(Clone, Debug, Default)]
pub struct Place(Option<Box<str>>);

impl Place {
    /// The place of that path.
    pub fn of(path: impl Into<Box<str>>) -> Self {
        Self(Some(path.into()))
    }

    /// Its path, where it is known.
    pub fn path(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl Block {
    /// A block without a cache mark, at no place.
    pub const fn new(kind: BlockKind) -> Self {
        Self { kind, cache: None, place: Place(None) }
    }

    /// A refusal of this block, unless it names a place already: what stands inside is the more exact one.
    pub fn blame(&self, fault: Fault) -> Fault {
        match &self.place {
            Place(Some(path)) if fault.param.is_none() => fault.at(path.to_string()),
            _ => fault,
        }
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(BlockKind::Text(text.into()))
    }
}

/// How long a cache mark asks to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheMark {
    /// Minutes, or a time not told.
    Short,
    /// An hour or more.
    Long,
}

/// What a block is. Dialects to come add kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockKind {
    /// Text.
    Text(String),
    /// A refusal of the model.
    Refusal(String),
    /// A picture.
    Image {
        /// Where it is.
        source: Media,
        /// How closely to look.
        detail: Option<String>,
    },
    /// A document.
    Document {
        /// Where it is.
        source: Media,
        /// Its title or file name.
        title: Option<String>,
        /// What is said about it.
        context: Option<String>,
    },
    /// Sound.
    Audio {
        /// Base64.
        data: String,
        /// `wav`, `mp3`.
        format: String,
    },
    /// Reasoning.
    Thinking {
        /// The text; may be empty when only the seal is there.
        text: String,
        /// What proves it to the provider that wrote it.
        signature: Option<String>,
    },
    /// Reasoning that nobody may read but the provider that wrote it.
    Redacted(String),
    /// A call of a tool.
    ToolCall {
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
        /// The arguments, as the text they were. Not always JSON.
        arguments: String,
    },
    /// The result of a call.
    ToolResult {
        /// The call's id.
        id: String,
        /// What came out.
        content: Vec<Block>,
        /// Whether the tool failed.
        is_error: bool,
    },
    /// A tool that is on offer from here on.
    ToolReference(String),
    /// Something that only one dialect knows.
    Opaque {
        /// Its type's name there.
        kind: String,
        /// As it was.
        raw: String,
    },
}

/// Where a medium is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// Here.
    Base64 {
        /// Its media type.
        mime: String,
        /// Its bytes in base64.
        data: String,
    },
    /// Somewhere.
    Url(String),
    /// Plain text.
    Text(String),
    /// A file that a provider keeps; nobody else knows it.
    File(String),
}

/// A tool on offer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Tool {
    /// A function that the client runs.
    Function(Function),
    /// A tool that a provider runs; its type's name, and as it was.
    Server {
        /// Its type.
        kind: String,
        /// As it was.
        raw: RawJson,
        /// Where the client offers it.
        place: Place,
    },
}

/// What the client knows a function as that stands among the tools under one flat name. Its calls go back to the client in
/// this form; no server needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientTool {
    /// The name among the tools.
    pub flat: String,
    /// The group it belongs to.
    pub namespace: Option<String>,
    /// Its name in the group.
    pub name: String,
    /// Whether it takes free text: then its only argument is a string called `input`.
    pub freeform: bool,
}

/// A function that the client runs.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// Its arguments as JSON Schema.
    pub schema: Option<RawJson>,
    /// Whether the schema is enforced.
    pub strict: Option<bool>,
    /// Whether it is on offer only once the conversation refers to it.
    pub deferred: bool,
    /// Whether a prompt cache may end behind it.
    pub cache: Option<CacheMark>,
}

/// Which tool must be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// None.
    None,
    /// Any.
    Required,
    /// This one.
    Named(String),
    /// One of these (or none, if not required).
    Allowed {
        /// Whether one must be called.
        required: bool,
        /// Their names.
        names: Vec<String>,
    },
}

/// How tokens are drawn. Numbers are kept as the text they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sampling {
    /// Temperature.
    pub temperature: Option<String>,
    /// Nucleus.
    pub top_p: Option<String>,
    /// The best k.
    pub top_k: Option<String>,
    /// Where chance starts.
    pub seed: Option<String>,
    /// How much tokens that came up are avoided.
    pub presence_penalty: Option<String>,
    /// How much tokens that came up often are avoided.
    pub frequency_penalty: Option<String>,
}

/// The form of the answer.
#[derive(Clone, Debug)]
pub enum OutputFormat {
    /// Free text.
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON of a schema.
    JsonSchema {
        /// The schema's name.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// The schema.
        schema: RawJson,
        /// Whether it is enforced.
        strict: Option<bool>,
    },
}

/// What is asked about reasoning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reasoning {
    /// Whether and how much.
    pub mode: ReasoningMode,
    /// How hard, in the client's word (`low`, `high`, ...).
    pub effort: Option<String>,
    /// How it is shown, in the client's word.
    pub display: Option<String>,
}

/// Whether and how much to reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReasoningMode {
    /// Nothing is asked.
    #[default]
    Unset,
    /// Not at all.
    Off,
    /// As much as the model sees fit.
    Adaptive,
    /// Up to so many tokens.
    Budget(u64),
}

impl Reasoning {
    /// Whether reasoning is asked for.
    pub fn wanted(&self) -> bool {
        match self.mode {
            ReasoningMode::Off => false,
            ReasoningMode::Adaptive | ReasoningMode::Budget(_) => true,
            ReasoningMode::Unset => self.effort.as_deref().is_some_and(|e| e != "none"),
        }
    }
}
