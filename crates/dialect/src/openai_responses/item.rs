//! Items of an answer that we write ourselves. In: what an item is and holds. Out: its JSON, begun or whole.
//! Never here: events (event), what a client asked for.

use crate::write::Writer;

/// What an item is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// What the model says.
    Message,
    /// What it thought.
    Reasoning,
    /// A call of a function, or of a tool that takes free text.
    Call(Call),
}

/// A call as the client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The call's id.
    pub id: String,
    /// The group of the tool.
    pub namespace: Option<String>,
    /// Its name in there.
    pub name: String,
    /// Whether it takes free text.
    pub freeform: bool,
}

/// What a part of an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text of a message.
    Text,
    /// A refusal in a message.
    Refusal,
    /// A summary of reasoning.
    Summary,
    /// Reasoning as it was.
    Thought,
}

impl Part {
    /// The type's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "output_text",
            Self::Refusal => "refusal",
            Self::Summary => "summary_text",
            Self::Thought => "reasoning_text",
        }
    }

    /// The key of its text.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Refusal => "refusal",
            Self::Text | Self::Summary | Self::Thought => "text",
        }
    }

    /// Writes the part with a text.
    pub fn write(self, text: &str, out: &mut Vec<u8>) {
        let mut part = Writer::object(out);
        part.text("type", self.name());
        part.text(self.key(), text);
        if self == Self::Text {
            part.raw("annotations", "[]");
            part.raw("logprobs", "[]");
        }
        part.end();
    }
}

/// An item as it grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its id.
    pub id: String,
    /// What it is.
    pub form: Form,
    /// Its parts.
    pub parts: Vec<(Part, String)>,
    /// Arguments or free text of a call.
    pub arguments: String,
    /// What proves reasoning.
    pub proof: Option<String>,
}

impl Item {
    /// An item without content. Ids are made of the answer's and of the item's place, so that they are the same wherever
    /// the item stands.
    pub fn new(form: Form, stem: &str, place: u64) -> Self {
        let prefix = match &form {
            Form::Message => "msg",
            Form::Reasoning => "rs",
            Form::Call(call) if call.freeform => "ctc",
            Form::Call(_) => "fc",
        };
        Self {
            id: format!("{prefix}_{stem}_{place}"),
            form,
            parts: Vec::new(),
            arguments: String::new(),
            proof: None,
        }
    }

    /// Writes it as it begins.
    pub fn write_begun(&self, out: &mut Vec<u8>) {
        self.write("in_progress", false, out);
    }

    /// Writes it whole.
    pub fn write_whole(&self, status: &str, out: &mut Vec<u8>) {
        self.write(status, true, out);
    }

    fn write(&self, status: &str, whole: bool, out: &mut Vec<u8>) {
        let mut item = Writer::object(out);
        item.text("id", &self.id);
        match &self.form {
            Form::Message => {
                item.text("type", "message");
                item.text("status", status);
                item.text("role", "assistant");
                self.write_parts(&mut item, "content", |_| whole);
            }
            Form::Reasoning => {
                item.text("type", "reasoning");
                self.write_parts(&mut item, "summary", |part| whole && part == Part::Summary);
                if self.parts.iter().any(|(part, _)| *part == Part::Thought) {
                    self.write_parts(&mut item, "content", |part| whole && part == Part::Thought);
                }
                if let Some(proof) = self.proof.as_ref().filter(|_| whole) {
                    item.text("encrypted_content", proof);
                }
            }
            Form::Call(call) => {
                item.text("type", if call.freeform { "custom_tool_call" } else { "function_call" });
                item.text("status", status);
                item.text("call_id", &call.id);
                if let Some(namespace) = &call.namespace {
                    item.text("namespace", namespace);
                }
                item.text("name", &call.name);
                let text = if whole { &*self.arguments } else { "" };
                item.text(if call.freeform { "input" } else { "arguments" }, text);
            }
        }
        item.end();
    }

    fn write_parts(&self, item: &mut Writer<'_>, key: &str, wanted: impl Fn(Part) -> bool) {
        let mut list = Writer::array(item.key(key));
        for (part, text) in self.parts.iter().filter(|(part, _)| wanted(*part)) {
            part.write(text, list.item());
        }
        list.end();
    }
}
