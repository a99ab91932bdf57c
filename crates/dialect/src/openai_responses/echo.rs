//! The settings of a request that its answer repeats. In: the client's body. Out: JSON texts by name, byte for byte.
//! Never here: a default (object), a body that is built or changed.

use crate::json::{Members, Span, blank};
use bytes::Bytes;

/// What a Responses client said and reads again in the response object. Other dialects repeat nothing: theirs is empty.
#[derive(Clone, Debug, Default)]
pub struct Echo {
    body: Bytes,
    members: Vec<(&'static str, Span)>,
}

/// What is repeated.
const NAMES: [&str; 20] = [
    "background",
    "frequency_penalty",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
];

impl Echo {
    /// Reads the body as the client sent it (with its `previous_response_id`), which a look has found to be good JSON.
    pub fn read(body: &Bytes) -> Self {
        // A copy of what is repeated: the conversation itself may be megabytes, and is let go while the answer comes.
        let mut kept = Vec::new();
        let mut members = Vec::new();
        if let Ok(mut object) = Members::new(body, blank(body, 0), 0) {
            while let Ok(Some(member)) = object.next() {
                let name = member.name(body);
                let known = NAMES.into_iter().find(|known| known.as_bytes() == &*name);
                if let Some(name) = known.filter(|_| member.text(body) != b"null") {
                    let from = kept.len();
                    kept.extend_from_slice(member.text(body));
                    members.push((name, (from, kept.len())));
                }
            }
        }
        Self { body: Bytes::from(kept), members }
    }

    /// What was said under a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, (from, to)) = self.members.iter().find(|(known, _)| *known == name)?;
        std::str::from_utf8(self.body.get(*from..*to)?).ok()
    }
}
