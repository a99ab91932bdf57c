//! The ways an answer is told, one for each kind of call. In: an `Ask` and its `Answer`. Out: JSON or frames.
//! Never here: fields of a dialect, directives.

use crate::anthropic;
use crate::ask::{Answer, Ask};
use crate::effect::Told;
use crate::openai::{self, responses};
use crate::route::Call;
use serde_json::Value;

/// What kind of call an answer is for, with what its answer needs to know of the request.
pub(crate) enum Wire {
    Chat,
    Messages,
    Responses(Box<responses::Echo>),
}

impl Wire {
    /// The answer as frames; a call that has no stream is told in one.
    pub(crate) fn stream(&self, call: &Call<'_>, ask: &Ask, answer: &Answer) -> Told {
        let (stamp, config) = (&call.stamp, &call.sim.config);
        match self {
            Self::Chat => openai::stream(ask, answer, stamp, config),
            Self::Messages => anthropic::stream(ask, answer, stamp, config),
            Self::Responses(echo) => responses::stream(call, ask, answer, echo),
        }
    }

    /// The answer in one piece.
    pub(crate) fn whole(&self, call: &Call<'_>, ask: &Ask, answer: &Answer) -> Value {
        let stamp = &call.stamp;
        match self {
            Self::Chat => openai::whole(ask, answer, stamp),
            Self::Messages => anthropic::whole(ask, answer, stamp),
            Self::Responses(echo) => responses::whole(call, ask, answer, echo),
        }
    }

    /// The content type of a stream.
    pub(crate) fn stream_type(&self) -> &'static str {
        "text/event-stream; charset=utf-8"
    }
}
