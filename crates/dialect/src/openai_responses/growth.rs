//! One item of an upstream's answer as it grows. In: its deltas, its done texts, the whole item. Out: blocks. What came as
//! deltas is not told again. Never here: which item an event speaks of (stream), the order of blocks (order).

use super::freeform::ARGUMENT;
use super::proof;
use crate::json::push_string;
use crate::lane::StreamFault;
use crate::order::Order;
use crate::read::{Object, elements};
use crate::sse::EVENT_BYTES_MAX;
use canon::{Event, Head, Piece};

/// Parts of one message, at most.
const PARTS_MAX: usize = 1024;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Reasoning,
    Call,
    Freeform,
    /// What the provider runs itself.
    Other,
}

impl Kind {
    pub fn of(name: &str) -> Self {
        match name {
            "message" => Self::Message,
            "reasoning" => Self::Reasoning,
            "function_call" => Self::Call,
            "custom_tool_call" => Self::Freeform,
            _ => Self::Other,
        }
    }
}

/// Where a text belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Text,
    Refusal,
    Summary,
    Thought,
    Arguments,
    Input,
}

impl Source {
    /// What an event of this type tells, and whether it tells the whole of it.
    pub fn of(kind: &str) -> Option<(Self, bool)> {
        let (name, whole) = match kind.rsplit_once('.') {
            Some((name, "delta")) => (name, false),
            Some((name, "done")) => (name, true),
            _ => return None,
        };
        let source = match name {
            "response.output_text" => Self::Text,
            "response.refusal" => Self::Refusal,
            "response.reasoning_summary_text" => Self::Summary,
            "response.reasoning_text" => Self::Thought,
            "response.function_call_arguments" => Self::Arguments,
            "response.custom_tool_call_input" => Self::Input,
            _ => return None,
        };
        Some((source, whole))
    }

    /// The item it stands in.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Text | Self::Refusal => Kind::Message,
            Self::Summary | Self::Thought => Kind::Reasoning,
            Self::Arguments => Kind::Call,
            Self::Input => Kind::Freeform,
        }
    }

    /// The key of the whole text.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Refusal => "refusal",
            Self::Arguments => "arguments",
            Self::Input => "input",
            Self::Text | Self::Summary | Self::Thought => "text",
        }
    }

    /// The key of the part's number.
    pub const fn index(self) -> &'static str {
        match self {
            Self::Summary => "summary_index",
            _ => "content_index",
        }
    }
}

/// A text of an item: a part of a message, or all of another item.
#[derive(Debug)]
struct Slot {
    source: Source,
    number: u64,
    key: u64,
}

/// Where blocks go.
pub(super) struct Blocks<'a> {
    pub order: &'a mut Order,
    pub out: &'a mut Vec<Event>,
}

impl Blocks<'_> {
    fn open(&mut self, key: u64, head: Head) {
        self.order.open(key, head, self.out);
    }

    fn more(&mut self, key: u64, piece: Piece) -> Result<(), StreamFault> {
        self.order.more(key, piece, self.out)
    }

    fn close(&mut self, key: u64) {
        self.order.close(key, self.out);
    }
}

/// See the caption.
#[derive(Debug)]
pub(super) struct Growth {
    pub kind: Kind,
    pub id: String,
    pub index: u64,
    key: u64,
    slots: Vec<Slot>,
    call_id: String,
    name: String,
    /// Arguments that came before the name was known.
    early: String,
    /// Whether the block of a call or of reasoning is open.
    open: bool,
    /// Whether any text came.
    any: bool,
    closed: bool,
}

impl Growth {
    pub fn new(kind: Kind, id: &str, index: u64, key: u64, call_id: String) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            index,
            key,
            slots: Vec::new(),
            call_id,
            name: String::new(),
            early: String::new(),
            open: false,
            any: false,
            closed: false,
        }
    }

    /// Whether texts of this kind stand in it.
    pub fn takes(&self, source: Source) -> bool {
        self.kind == source.kind()
    }

    /// Whether it is a call that somebody must answer.
    pub fn is_call(&self) -> bool {
        matches!(self.kind, Kind::Call | Kind::Freeform) && !self.name.is_empty()
    }

    /// Whether a refusal stands in it.
    pub fn is_refusal(&self) -> bool {
        self.slots.iter().any(|slot| slot.source == Source::Refusal)
    }

    /// Takes the names of an item.
    pub fn head(&mut self, item: &Object<'_>) {
        if let Some(id) = item.str("id").filter(|_| self.id.is_empty()) {
            self.id = id.into_owned();
        }
        if !self.open {
            if let Some(id) = item.str("call_id").filter(|id| !id.is_empty()) {
                self.call_id = id.into_owned();
            }
            if let Some(name) = item.str("name") {
                self.name(&name);
            }
        }
    }

    /// Takes the name of a call.
    pub fn name(&mut self, name: &str) {
        if self.name.is_empty() {
            self.name = name.to_owned();
        }
    }

    /// The item begins: a call can be told at once, other blocks begin with their first text.
    pub fn begin(&mut self, to: &mut Blocks<'_>) -> Result<(), StreamFault> {
        let call = matches!(self.kind, Kind::Call | Kind::Freeform);
        if !call || self.open || self.closed || self.name.is_empty() {
            return Ok(());
        }
        self.open = true;
        to.open(self.key, Head::ToolCall { id: self.call_id.clone(), name: self.name.clone() });
        if self.kind == Kind::Freeform {
            let before = format!("{{\"{ARGUMENT}\":\"");
            to.more(self.key, Piece::Arguments(before))?;
        }
        let early = std::mem::take(&mut self.early);
        self.argue(&early, to)
    }

    /// More of a text.
    pub fn more(
        &mut self,
        source: Source,
        number: u64,
        text: &str,
        to: &mut Blocks<'_>,
    ) -> Result<(), StreamFault> {
        if text.is_empty() || self.closed || !self.takes(source) {
            return Ok(());
        }
        match source {
            Source::Arguments | Source::Input => {
                self.any = true;
                self.begin(to)?;
                if self.open {
                    return self.argue(text, to);
                }
                self.early.push_str(text);
                if self.early.len() > EVENT_BYTES_MAX { Err(StreamFault::TooLong) } else { Ok(()) }
            }
            Source::Summary | Source::Thought => self.think(source, number, text, to),
            Source::Text | Source::Refusal => {
                let key = self.slot(source, number, to)?;
                to.more(key, Piece::Text(text.to_owned()))
            }
        }
    }

    /// The whole of a text; it is told where nothing of it came before.
    pub fn fill(
        &mut self,
        source: Source,
        number: u64,
        text: &str,
        to: &mut Blocks<'_>,
    ) -> Result<(), StreamFault> {
        let came = match source {
            Source::Arguments | Source::Input => self.any,
            _ => self.slots.iter().any(|slot| slot.source == source && slot.number == number),
        };
        if came { Ok(()) } else { self.more(source, number, text, to) }
    }

    /// Reasoning: its summary, or itself where there is no summary. Parts are set apart by a blank line.
    fn think(&mut self, source: Source, number: u64, text: &str, to: &mut Blocks<'_>) -> Result<(), StreamFault> {
        let first = self.slots.first().map(|slot| slot.source);
        if first.is_some_and(|first| first != source) {
            return Ok(());
        }
        if first.is_none() {
            self.open = true;
            to.open(self.key, Head::Thinking);
        }
        if !self.slots.iter().any(|slot| slot.number == number) {
            if self.slots.len() >= PARTS_MAX {
                return Err(StreamFault::TooLong);
            }
            self.slots.push(Slot { source, number, key: self.key });
            if first.is_some() {
                to.more(self.key, Piece::Text("\n\n".to_owned()))?;
            }
        }
        to.more(self.key, Piece::Text(text.to_owned()))
    }

    /// The block of a message's part.
    fn slot(&mut self, source: Source, number: u64, to: &mut Blocks<'_>) -> Result<u64, StreamFault> {
        let found = self.slots.iter().find(|slot| slot.source == source && slot.number == number);
        if let Some(slot) = found {
            return Ok(slot.key);
        }
        if self.slots.len() >= PARTS_MAX {
            return Err(StreamFault::TooLong);
        }
        // A server that opens a part has ended the one before.
        if let Some(last) = self.slots.last() {
            to.close(last.key);
        }
        let key = self.key + 1 + self.slots.len() as u64;
        let head = if source == Source::Refusal { Head::Refusal } else { Head::Text };
        to.open(key, head);
        self.slots.push(Slot { source, number, key });
        Ok(key)
    }

    /// Arguments of an open call; free text goes into the string that stands for it.
    fn argue(&self, text: &str, to: &mut Blocks<'_>) -> Result<(), StreamFault> {
        if text.is_empty() {
            return Ok(());
        }
        let text = if self.kind == Kind::Freeform { inside(text) } else { text.to_owned() };
        to.more(self.key, Piece::Arguments(text))
    }

    /// The whole item: fills gaps and ends it.
    pub fn finish(&mut self, item: &Object<'_>, to: &mut Blocks<'_>) -> Result<(), StreamFault> {
        if self.closed {
            return Ok(());
        }
        match self.kind {
            Kind::Message => self.fill_parts(item, "content", to)?,
            Kind::Reasoning => {
                self.fill_parts(item, "summary", to)?;
                self.fill_parts(item, "content", to)?;
                if let Some(encrypted) = item.str("encrypted_content").filter(|text| !text.is_empty()) {
                    self.prove(&encrypted, to)?;
                }
            }
            Kind::Call | Kind::Freeform => {
                self.begin(to)?;
                let source = if self.kind == Kind::Call { Source::Arguments } else { Source::Input };
                let text = match item.get(source.key()) {
                    // Servers exist that give an object instead of its text.
                    Some(raw) if raw.first() == Some(&b'{') => String::from_utf8_lossy(raw).into_owned(),
                    _ => item.str(source.key()).unwrap_or_default().into_owned(),
                };
                self.fill(source, 0, &text, to)?;
            }
            Kind::Other => {}
        }
        self.close(to)
    }

    fn fill_parts(&mut self, item: &Object<'_>, key: &str, to: &mut Blocks<'_>) -> Result<(), StreamFault> {
        for (n, raw) in item.get(key).and_then(elements).unwrap_or_default().into_iter().enumerate() {
            let Some(part) = Object::open(raw) else { continue };
            let source = match (self.kind, part.str("type").as_deref()) {
                (Kind::Message, Some("refusal")) => Source::Refusal,
                (Kind::Message, Some("output_text" | "text") | None) => Source::Text,
                (Kind::Reasoning, _) if key == "summary" => Source::Summary,
                (Kind::Reasoning, _) => Source::Thought,
                _ => continue,
            };
            if let Some(text) = part.str(source.key()) {
                self.fill(source, n as u64, &text, to)?;
            }
        }
        Ok(())
    }

    /// The proof of reasoning, which may be all there is of it.
    fn prove(&mut self, encrypted: &str, to: &mut Blocks<'_>) -> Result<(), StreamFault> {
        let proof = proof::join(&self.id, encrypted);
        if self.open {
            return to.more(self.key, Piece::Signature(proof));
        }
        to.open(self.key, Head::Redacted(proof));
        self.open = true;
        Ok(())
    }

    /// The item ends.
    pub fn close(&mut self, to: &mut Blocks<'_>) -> Result<(), StreamFault> {
        if std::mem::replace(&mut self.closed, true) {
            return Ok(());
        }
        if self.open {
            if self.kind == Kind::Freeform {
                to.more(self.key, Piece::Arguments("\"}".to_owned()))?;
            }
            to.close(self.key);
        }
        if self.kind == Kind::Message {
            for slot in &self.slots {
                to.close(slot.key);
            }
        }
        Ok(())
    }
}

/// A text as it stands between the quotes of a JSON string.
fn inside(text: &str) -> String {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    push_string(&mut quoted, text);
    quoted.pop();
    String::from_utf8(quoted.split_off(1)).unwrap_or_default()
}
