//! The ways an answer is told, one for each kind of call. In: an `Ask` and its `Answer`. Out: JSON or frames.
//! Never here: fields of a dialect, directives.

use crate::ask::{Answer, Ask};
use crate::effect::{Frame, Kind, Told};
use crate::gemini::{self, Form};
use crate::openai::images::{self, Picture};
use crate::openai::{completions, embeddings, responses};
use crate::route::Call;
use crate::{anthropic, openai};
use serde_json::Value;

/// What kind of call an answer is for, with what its answer needs to know of the request.
pub(crate) enum Wire {
    Chat,
    Messages,
    Responses(Box<responses::Echo>),
    Generate(Form),
    /// A picture of Gemini.
    Painted,
    Contents(gemini::Batch),
    Completions(completions::Texts),
    Vectors(embeddings::Vectors),
    Images(Box<Picture>),
    NewTask(Box<Picture>),
    /// A question about a task, by its id.
    Task(String),
}

impl Wire {
    /// The answer as frames; a call that has no stream is told in one.
    pub(crate) fn stream(&self, call: &Call<'_>, ask: &Ask, answer: &Answer) -> Told {
        let (stamp, config) = (&call.stamp, &call.sim.config);
        match self {
            Self::Chat => openai::stream(ask, answer, stamp, config),
            Self::Messages => anthropic::stream(ask, answer, stamp, config),
            Self::Responses(echo) => responses::stream(call, ask, answer, echo),
            Self::Generate(form) => gemini::stream(ask, answer, stamp, config, *form),
            Self::Completions(texts) => completions::stream(ask, stamp, texts, config),
            Self::Images(picture) => images::stream(call, ask, picture),
            Self::Painted | Self::Contents(_) | Self::Vectors(_) | Self::NewTask(_) | Self::Task(_) => {
                once(&self.whole(call, ask, answer))
            }
        }
    }

    /// The answer in one piece.
    pub(crate) fn whole(&self, call: &Call<'_>, ask: &Ask, answer: &Answer) -> Value {
        let stamp = &call.stamp;
        match self {
            Self::Chat => openai::whole(ask, answer, stamp),
            Self::Messages => anthropic::whole(ask, answer, stamp),
            Self::Responses(echo) => responses::whole(call, ask, answer, echo),
            Self::Generate(_) => gemini::whole(ask, answer, stamp),
            Self::Painted => gemini::painted(ask, answer, stamp),
            Self::Contents(batch) => gemini::embeddings(ask, batch),
            Self::Completions(texts) => completions::whole(ask, stamp, texts),
            Self::Vectors(vectors) => embeddings::whole(ask, vectors),
            Self::Images(picture) => images::whole(call, ask, answer, picture),
            Self::NewTask(picture) => call.sim.tasks.begin(call, ask, picture),
            Self::Task(id) => call.sim.tasks.ask(id),
        }
    }

    /// The content type of a stream.
    pub(crate) fn stream_type(&self) -> &'static str {
        match self {
            Self::Generate(Form::Array) => "application/json; charset=UTF-8",
            _ => "text/event-stream; charset=utf-8",
        }
    }
}

/// A stream of one event.
fn once(value: &Value) -> Told {
    Told::new(vec![Frame { kind: Kind::Content, text: format!("data: {value}\n\n") }], String::new())
}
