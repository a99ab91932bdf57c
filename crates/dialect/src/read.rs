//! Reads JSON field by field and knows where it is, so that a refusal names the place. In: requests that a look has walked,
//! and answers of upstreams that nobody has. Out: values, or a fault with a path; for answers a plain `None`. Never here: a built document, what a field means.

use crate::json::{self, Bad, Items, Members, blank, skip, string_value};
use canon::{Block, BlockKind, CacheMark, Fault, Place, RawJson};
use serde_json::value::RawValue;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;

/// A place in a document: a step below another place.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    up: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// A top-level field.
    pub const fn field(name: &'a str) -> Self {
        Self { up: None, step: Step::Key(name) }
    }

    /// A field below.
    pub const fn key<'b>(&'b self, name: &'b str) -> At<'b> {
        At { up: Some(self), step: Step::Key(name) }
    }

    /// An element below.
    pub const fn index(&self, index: usize) -> At<'_> {
        At { up: Some(self), step: Step::Index(index) }
    }

    /// A block of what stands here. Texts are never refused, so they need no place.
    pub fn block(&self, kind: BlockKind, cache: Option<CacheMark>) -> Block {
        let may_be_refused = matches!(
            kind,
            BlockKind::Image { .. }
                | BlockKind::Document { .. }
                | BlockKind::Audio { .. }
                | BlockKind::ToolCall { .. }
                | BlockKind::ToolResult { .. }
        );
        let place = if may_be_refused { Place::of(self.to_string()) } else { Place::default() };
        Block { kind, cache, place }
    }

    /// A refusal of what stands here.
    pub fn refuse(&self, what: &str) -> Fault {
        let path = self.to_string();
        Fault::invalid(path.clone(), format!("`{path}` must be {what}."))
    }

    /// A refusal of what this place asks for.
    pub fn unsupported(&self, why: &str) -> Fault {
        Fault::new(canon::FaultKind::UnsupportedParameter, why.to_owned()).at(self.to_string())
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(up) = self.up {
            up.fmt(f)?;
        }
        match self.step {
            Step::Key(name) if self.up.is_none() => f.write_str(name),
            Step::Key(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A key, its escapes undone, and the text of its value.
type Field<'a> = (Cow<'a, [u8]>, &'a [u8]);

/// An object's fields in order.
pub(crate) struct Object<'a> {
    fields: SmallVec<[Field<'a>; 8]>,
}

impl<'a> Object<'a> {
    /// Reads an object.
    pub fn read(raw: &'a [u8], at: &At<'_>) -> Result<Self, Fault> {
        Self::open(raw).ok_or_else(|| at.refuse("an object"))
    }

    /// Reads an object; `None` when it is none.
    pub fn open(raw: &'a [u8]) -> Option<Self> {
        Self::open_at(raw, blank(raw, 0)).map(|(object, _)| object)
    }

    /// Reads an object that is all of a text, blanks around it apart.
    pub fn alone(raw: &'a [u8]) -> Option<Self> {
        let (object, end) = Self::open_at(raw, blank(raw, 0))?;
        (blank(raw, end) == raw.len()).then_some(object)
    }

    /// Reads the object that starts at `at`, and gives the index after it.
    fn open_at(raw: &'a [u8], at: usize) -> Option<(Self, usize)> {
        let mut fields = SmallVec::new();
        let mut members = Members::new(raw, at, 0).ok()?;
        while let Some(member) = members.next().ok()? {
            fields.push((member.name(raw), member.text(raw)));
        }
        Some((Self { fields }, members.end()))
    }

    /// A field; null counts as absent, and of two the last counts, as in every common parser.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let found = self.fields.iter().rev().find(|(k, _)| &**k == name.as_bytes());
        found.map(|(_, raw)| *raw).filter(|raw| *raw != b"null")
    }

    /// Its fields in order; of two of the same name both, null as well.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &'a [u8])> {
        self.fields.iter().map(|(name, raw)| (&**name, *raw))
    }

    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// A string field.
    pub fn text(&self, name: &str, at: &At<'_>) -> Result<Option<String>, Fault> {
        self.get(name).map(|raw| text(raw, &at.key(name))).transpose()
    }

    /// A string field that must be there.
    pub fn required(&self, name: &str, at: &At<'_>) -> Result<String, Fault> {
        self.text(name, at)?.ok_or_else(|| at.key(name).refuse("a string"))
    }

    /// The string of a field, wherever it is one.
    pub fn str(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(string_value)
    }

    /// A truth value.
    pub fn flag(&self, name: &str, at: &At<'_>) -> Result<Option<bool>, Fault> {
        self.get(name).map(|raw| flag(raw, &at.key(name))).transpose()
    }
}

/// Who reads a request's fields.
pub(crate) trait Takes {
    /// One message.
    fn message(&mut self, message: &Object<'_>, at: &At<'_>) -> Result<(), Fault>;
    /// Any other field; of two of the same name both, null never.
    fn field(&mut self, name: &str, raw: &[u8]) -> Result<(), Fault>;
}

/// Reads a request: its fields in order, `messages` one by one. A conversation is most of a request; so it is walked where
/// it stands, not first to its end.
pub(crate) fn request(body: &[u8], takes: &mut impl Takes) -> Result<(), Fault> {
    let at = At::field("body");
    let broken = |_: Bad| at.refuse("an object");
    let mut members = Members::new(body, blank(body, 0), 0).map_err(broken)?;
    while let Some(pending) = members.key().map_err(broken)? {
        let name = pending.name(body);
        let end = if &*name == b"messages" && body.get(pending.value) == Some(&b'[') {
            messages(body, pending.value, takes)?
        } else {
            let end = skip(body, pending.value, 1).map_err(broken)?;
            let raw = &body[pending.value..end];
            if raw != b"null" {
                takes.field(&String::from_utf8_lossy(&name), raw)?;
            }
            end
        };
        members.done(&pending, end);
    }
    Ok(())
}

fn messages(body: &[u8], from: usize, takes: &mut impl Takes) -> Result<usize, Fault> {
    let at = At::field("messages");
    let broken = |_: Bad| at.refuse("an array");
    let mut items = Items::new(body, from, 1).map_err(broken)?;
    let mut count = 0;
    while let Some(start) = items.start().map_err(broken)? {
        let at = at.index(count);
        let (message, end) = Object::open_at(body, start).ok_or_else(|| at.refuse("an object"))?;
        takes.message(&message, &at)?;
        items.done(end);
        count += 1;
    }
    Ok(items.end())
}

/// An array's elements.
pub(crate) fn items<'a>(raw: &'a [u8], at: &At<'_>) -> Result<Vec<&'a [u8]>, Fault> {
    elements(raw).ok_or_else(|| at.refuse("an array"))
}

/// An array's elements; `None` when it is none.
pub(crate) fn elements(raw: &[u8]) -> Option<Vec<&[u8]>> {
    let mut items = Items::new(raw, blank(raw, 0), 0).ok()?;
    let mut out = Vec::new();
    while let Some((from, to)) = items.next().ok()? {
        out.push(&raw[from..to]);
    }
    Some(out)
}

/// A truth value.
pub(crate) fn flag(raw: &[u8], at: &At<'_>) -> Result<bool, Fault> {
    match raw {
        b"true" => Ok(true),
        b"false" => Ok(false),
        _ => Err(at.refuse("true or false")),
    }
}

/// A string.
pub(crate) fn text(raw: &[u8], at: &At<'_>) -> Result<String, Fault> {
    string_value(raw).map(Cow::into_owned).ok_or_else(|| at.refuse("a string"))
}

/// JSON kept as it is.
pub(crate) fn raw_json(raw: &[u8], at: &At<'_>) -> Result<RawJson, Fault> {
    let text = String::from_utf8(raw.to_vec()).map_err(|_| at.refuse("valid JSON"))?;
    RawValue::from_string(text).map_err(|_| at.refuse("valid JSON"))
}

/// A JSON object kept as it is.
pub(crate) fn raw_object(raw: &[u8], at: &At<'_>) -> Result<RawJson, Fault> {
    if raw.first() != Some(&b'{') {
        return Err(at.refuse("an object"));
    }
    raw_json(raw, at)
}

/// A number kept as its text.
pub(crate) fn number(raw: &[u8], at: &At<'_>) -> Result<String, Fault> {
    let fine = matches!(raw.first(), Some(b'-' | b'0'..=b'9'));
    match std::str::from_utf8(raw) {
        Ok(text) if fine => Ok(text.to_owned()),
        _ => Err(at.refuse("a number")),
    }
}

/// A non-negative integer.
pub(crate) fn whole(raw: &[u8], at: &At<'_>) -> Result<u64, Fault> {
    json::whole(raw).ok_or_else(|| at.refuse("a non-negative integer"))
}
