//! Which names tell about the upstream, and objects read without them. In: an object where it stands. Out: its members, and
//! edits that drop what is not ours to tell. Never here: what a member means, the names inside `usage` (usage).
//!
//! Envelopes have lists of what may stay, which are kept by their readers. Pieces (choices, deltas, messages, blocks) grow
//! with every release of an SDK, so what is unknown in them stays, unless its name is one of these.

use crate::json::{Bad, Items, Member, Members, Pending};
use crate::splice::Edits;
use std::borrow::Cow;

/// Names that are private as they are. Case, and `-` for `_`, make no difference.
const PRIVATE: [&str; 24] = [
    "account_id",
    "api_base",
    "backend",
    "base_url",
    "deployment",
    "endpoint",
    "estimated_cost",
    "host",
    "hostname",
    "hidden_params",
    "is_byok",
    "matched_stop",
    "model",
    "model_id",
    "model_name",
    "native_finish_reason",
    "nvext",
    "organization",
    "prompt_filter_results",
    "region",
    "request_id",
    "system_fingerprint",
    "timings",
    "trace_id",
];

/// Beginnings of private names.
const PRIVATE_PREFIXES: [&str; 18] = [
    "amazon",
    "aws_",
    "azure",
    "bedrock",
    "content_filter_",
    "cost",
    "credential",
    "litellm",
    "openrouter",
    "provider",
    "served_by",
    "sglang",
    "upstream",
    "vendor",
    "vertex",
    "vllm",
    "x_",
    "_",
];

/// What a model, a tool or the world wrote: its names are nobody's but theirs.
const WRITTEN: [&[u8]; 6] = [b"arguments", b"citation", b"citations", b"content", b"input", b"parameters"];

/// Whether a name inside a piece tells about the upstream.
fn is_private(name: &[u8]) -> bool {
    let plain = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
    let Some(first) = name.first().map(|byte| plain(*byte)) else {
        return false;
    };
    let starts = |start: &str| {
        let start = start.as_bytes();
        // Nearly every name ends the comparison here.
        start[0] == first && name.len() >= start.len() && name.iter().zip(start).all(|(a, b)| plain(*a) == *b)
    };
    PRIVATE_PREFIXES.iter().any(|start| starts(start))
        || PRIVATE.iter().any(|whole| whole.len() == name.len() && starts(whole))
}

/// An object read member by member, some of which leave it.
pub(super) struct Sieve<'a> {
    text: &'a [u8],
    at: usize,
    outside: u32,
    members: Members<'a>,
    gone: Vec<Member>,
    seen: usize,
    /// What comes first in it, each with a comma behind.
    added: Vec<u8>,
}

impl<'a> Sieve<'a> {
    /// `at` is the opening brace; `outside` levels are open around it.
    pub fn new(text: &'a [u8], at: usize, outside: u32) -> Result<Self, Bad> {
        let members = Members::new(text, at, outside)?;
        Ok(Self { text, at, outside, members, gone: Vec::new(), seen: 0, added: Vec::new() })
    }

    /// Where the object opens.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Behind its closing brace, once that was reached.
    pub const fn end(&self) -> usize {
        self.members.end()
    }

    /// The next member.
    pub fn next(&mut self) -> Result<Option<Member>, Bad> {
        self.key()?.map(|pending| self.skip(&pending)).transpose()
    }

    /// The next key. Its value is still to be walked: by `skip`, or by whoever reads it where it stands (`done`).
    pub fn key(&mut self) -> Result<Option<Pending>, Bad> {
        let pending = self.members.key()?;
        self.seen += usize::from(pending.is_some());
        Ok(pending)
    }

    /// Walks the value of a key.
    pub fn skip(&mut self, pending: &Pending) -> Result<Member, Bad> {
        self.members.skip(pending)
    }

    /// Takes the value's end, as its reader found it.
    pub fn done(&mut self, pending: &Pending, end: usize) -> Member {
        self.members.done(pending, end)
    }

    /// Takes a member out.
    pub fn drop(&mut self, member: Member) {
        self.gone.push(member);
    }

    /// A member of a piece that nobody here reads: it goes if its name is private, else what is private inside it goes.
    /// Says whether it stays.
    pub fn other(&mut self, member: Member, name: &[u8], edits: &mut Edits) -> Result<bool, Bad> {
        let private = is_private(name);
        if private {
            self.gone.push(member);
        } else if !WRITTEN.contains(&name) {
            strip(self.text, member.value.0, self.outside + 1, edits)?;
        }
        Ok(!private)
    }

    /// Sees to it that a member has this value: as it stands, replaced, or added.
    pub fn set(&mut self, old: Option<Member>, key: &str, value: impl Into<Cow<'static, [u8]>>, edits: &mut Edits) {
        let value = value.into();
        match old {
            Some(same) if same.text(self.text) == &*value => {}
            Some(other) => edits.replace(other.value, value),
            None => {
                for part in [b"\"", key.as_bytes(), b"\":", &value, b","] {
                    self.added.extend_from_slice(part);
                }
            }
        }
    }

    /// Notes the edits: what was added comes first.
    pub fn close(mut self, edits: &mut Edits) -> Closed {
        if !self.added.is_empty() {
            if self.seen == self.gone.len() {
                self.added.pop();
            }
            edits.insert(self.at + 1, self.added);
        }
        edits.remove(self.text, &mut self.gone);
        Closed { last: self.members.last(), end: self.members.end(), left: self.seen - self.gone.len() }
    }
}

/// Where an object ends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Closed {
    /// The end of its last member; 0 when there was none.
    pub last: usize,
    /// The index after the closing brace.
    pub end: usize,
    /// How many of its own members are left.
    pub left: usize,
}

/// Drops what is private from the value at `at`, however deep (the walk before it bounded how deep that can be).
pub(super) fn strip(text: &[u8], at: usize, outside: u32, edits: &mut Edits) -> Result<(), Bad> {
    match text.get(at) {
        Some(b'{') => {
            let mut object = Sieve::new(text, at, outside)?;
            while let Some(member) = object.next()? {
                object.other(member, &member.name(text), edits)?;
            }
            object.close(edits);
        }
        Some(b'[') => {
            let mut items = Items::new(text, at, outside)?;
            while let Some((item, _)) = items.next()? {
                strip(text, item, outside + 1, edits)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// A name that may stand once was there before.
pub(super) fn once(slot: &mut Option<Member>, member: Member) -> Result<(), Bad> {
    match slot.replace(member) {
        Some(_) => Err(Bad::Byte(member.start())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_names() {
        for name in [
            "provider",
            "Provider",
            "provider_name",
            "provider-specific",
            "x_groq",
            "X-Request-Id",
            "amazon-bedrock-invocationMetrics",
            "cost",
            "cost_details",
            "_hidden_params",
            "system_fingerprint",
            "content_filter_results",
        ] {
            assert!(is_private(name.as_bytes()), "{name}");
        }
        for name in
            ["content", "role", "x", "index", "text", "thinking", "id", "type", "modalities", "extra_content"]
        {
            assert!(!is_private(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn objects_lose_what_is_private_at_any_depth() {
        for (text, expect) in [
            (r#"{"a":1,"b":{"c":[{"provider":"p"},{"d":1,"x_y":2}]}}"#, r#"{"a":1,"b":{"c":[{},{"d":1}]}}"#),
            (r#"{"input":{"provider":"the user's own"}}"#, r#"{"input":{"provider":"the user's own"}}"#),
            (r#"{"\u0070rovider":"p","a":[]}"#, r#"{"a":[]}"#),
            (r#"[{"cost":1}, 2]"#, "[{}, 2]"),
            ("7", "7"),
        ] {
            let mut edits = Edits::default();
            strip(text.as_bytes(), 0, 0, &mut edits).unwrap();
            assert_eq!(String::from_utf8(edits.apply(text.as_bytes())).unwrap(), expect);
        }
    }
}
