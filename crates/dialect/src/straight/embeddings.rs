//! Vectors of a server of the client's own dialect, passed on. In: the upstream's body. Out: the same body with our model and
//! without what is not ours to tell; vectors change their form only where the client asked for the other one.
//! Never here: a number written anew that may stay as it is.

use super::answer::{StraightAnswer, cleaned};
use super::names::{Sieve, once};
use super::usage;
use crate::count::{count, newer};
use crate::embeddings::{vector, write_usage};
use crate::fault::UpstreamFault;
use crate::json::{Items, Member, blank, push_string, string_value, whole};
use crate::lane::{StreamFault, StreamSpec};
use crate::media::encode_base64;
use crate::splice::Edits;
use bytes::Bytes;
use canon::{Dialect, Tally};
use serde_json::Value;
use units::{Class, Usage};

impl StraightAnswer {
    /// An answer that was written here, one object without usage.
    pub(crate) fn written(body: Bytes, tally: Tally, write: fn(&Usage, &mut Vec<u8>)) -> Self {
        let last = body.len().saturating_sub(1);
        Self { body, edits: Edits::default(), usage: None, clean: None, last, tally, write }
    }
}

/// Reads an answer.
pub(crate) fn read_embeddings(spec: &StreamSpec, body: &Bytes) -> Result<StraightAnswer, StreamFault> {
    let mut edits = Edits::default();
    let mut top = Sieve::new(body, blank(body, 0), 0)?;
    let (mut object, mut model, mut told, mut data) = (None, None, None, None);
    while let Some(key) = top.key()? {
        let name = &*key.name(body);
        if name == b"data" {
            let end = Reader { body, spec, edits: &mut edits }.list(key.value)?;
            once(&mut data, top.done(&key, end))?;
            continue;
        }
        let member = top.skip(&key)?;
        let value = member.text(body);
        match name {
            b"object" if value == b"\"error\"" => return Err(upstream(body)),
            b"error" if value != b"null" => return Err(upstream(body)),
            b"object" => once(&mut object, member)?,
            b"model" => once(&mut model, member)?,
            b"usage" => once(&mut told, member)?,
            _ => top.drop(member),
        }
    }
    if data.is_none() {
        return Err(StreamFault::Garbage);
    }
    let mut public = Vec::new();
    push_string(&mut public, &spec.head.model);
    top.set(object, "object", &b"\"list\""[..], &mut edits);
    top.set(model, "model", public, &mut edits);
    let closed = top.close(&mut edits);
    if blank(body, closed.end) < body.len() {
        return Err(StreamFault::Garbage);
    }
    let mut tally = Tally::default();
    let mut clean = None;
    if let Some(member) = told.filter(|m| m.text(body).first() == Some(&b'{'))
        && let Some(tokens) = tokens(member.text(body))
    {
        tally.report(&Usage::NONE.with(Class::Input, tokens));
        clean = cleaned(body, member.value.0, &usage::EMBEDDINGS);
    }
    let usage = told.map(|m| m.value);
    Ok(StraightAnswer { body: body.clone(), edits, usage, clean, last: closed.last, tally, write: write_usage })
}

fn upstream(body: &[u8]) -> StreamFault {
    StreamFault::Upstream(UpstreamFault::in_stream(Dialect::Embeddings, body.trim_ascii()))
}

/// The tokens of the inputs. None is no count: no input is empty.
fn tokens(json: &[u8]) -> Option<u64> {
    let value: Value = serde_json::from_slice(json).ok()?;
    let mut tokens = None;
    for name in ["total_tokens", "input_tokens", "prompt_tokens"] {
        newer(&mut tokens, value.get(name).and_then(count));
    }
    tokens.filter(|tokens| *tokens > 0)
}

struct Reader<'a, 'e> {
    body: &'a [u8],
    spec: &'a StreamSpec,
    edits: &'e mut Edits,
}

impl Reader<'_, '_> {
    /// Reads `data`, and gives the index behind it. There is one vector for each input, each under a number of its own.
    fn list(&mut self, at: usize) -> Result<usize, StreamFault> {
        let mut items = Items::new(self.body, at, 1)?;
        let mut seen = vec![false; self.spec.vectors.count as usize];
        let mut count = 0;
        while let Some(start) = items.start()? {
            let (index, end) = self.item(start, count)?;
            let taken = usize::try_from(index).ok().and_then(|n| seen.get_mut(n)).ok_or(StreamFault::Garbage)?;
            if std::mem::replace(taken, true) {
                return Err(StreamFault::Garbage);
            }
            items.done(end);
            count += 1;
        }
        if seen.contains(&false) { Err(StreamFault::Garbage) } else { Ok(items.end()) }
    }

    /// Reads one vector; gives its number, and the index behind it.
    fn item(&mut self, at: usize, place: u64) -> Result<(u64, usize), StreamFault> {
        let mut item = Sieve::new(self.body, at, 2)?;
        let (mut object, mut index, mut vector) = (None, None, None);
        while let Some(member) = item.next()? {
            let name = &*member.name(self.body);
            match name {
                b"object" => once(&mut object, member)?,
                b"index" => once(&mut index, member)?,
                b"embedding" => once(&mut vector, member)?,
                _ => {
                    item.other(member, name, self.edits)?;
                }
            }
        }
        self.vector(vector.ok_or(StreamFault::Garbage)?).ok_or(StreamFault::Garbage)?;
        let number = index.map_or(Some(place), |member: Member| whole(member.text(self.body)));
        let number = number.ok_or(StreamFault::Garbage)?;
        item.set(object, "object", &b"\"embedding\""[..], self.edits);
        if index.is_none() {
            item.set(None, "index", number.to_string().into_bytes(), self.edits);
        }
        Ok((number, item.close(self.edits).end))
    }

    /// Sees to it that a vector has the form that was asked for.
    fn vector(&mut self, member: Member) -> Option<()> {
        let value = member.text(self.body);
        let base64 = self.spec.vectors.base64;
        if value.first() == Some(&b'[') {
            if base64 {
                let text = vector::to_base64(value)?;
                self.edits.replace(member.value, format!("\"{text}\"").into_bytes());
                return Some(());
            }
            return vector::is_array(value).then_some(());
        }
        let text = string_value(value)?;
        let bytes = vector::bytes(&text)?;
        if !base64 {
            self.edits.replace(member.value, vector::to_array(&bytes));
        } else if !text.len().is_multiple_of(4) {
            // Readers fail on base64 without its padding.
            self.edits.replace(member.value, format!("\"{}\"", encode_base64(&bytes)).into_bytes());
        }
        Some(())
    }
}
