//! The tool calls of a Chat choice, read where they stand. In: the list of a delta or a message. Out: what it shows, edits that
//! mend what readers trip over. Never here: whole arguments, another member of a choice (choices).

use super::choices::{ChoiceReader, Known, Shows};
use super::names::{Sieve, once};
use crate::json::{Bad, Items, Member, whole};

/// No stream or answer makes more calls, all choices together.
const CALLS_MAX: usize = 1024;

/// A call that was begun.
#[derive(Debug)]
pub(super) struct Begun {
    choice: u64,
    /// Its number at the upstream, if it has one there.
    theirs: Option<u64>,
    id: Vec<u8>,
    name: Vec<u8>,
}

/// What a fragment says of the call it belongs to.
#[derive(Default)]
struct Fragment<'f> {
    theirs: Option<u64>,
    /// The id with its quotes, if it has one that says something.
    id: Option<&'f [u8]>,
    /// The name with its quotes, likewise.
    name: Option<&'f [u8]>,
}

impl Known {
    /// The place of the call that a fragment goes on with; `None` when it begins one. Without a number a new id is a new
    /// call, and so is any call of an answer. Servers exist that give every call the same number: another id with a name is
    /// another call.
    fn find(&self, choice: u64, fragment: &Fragment<'_>) -> Option<usize> {
        if !self.streamed {
            return None;
        }
        let of_choice = || self.calls.iter().enumerate().rev().filter(|(_, call)| call.choice == choice);
        let (at, call) = match fragment.theirs {
            Some(theirs) => of_choice().find(|(_, call)| call.theirs == Some(theirs)),
            None => of_choice().find(|(_, call)| fragment.id == Some(&call.id)).or_else(|| of_choice().next()),
        }?;
        let same = fragment.id.is_none_or(|id| id == call.id);
        let begins = fragment.theirs.is_none() || (fragment.name.is_some() && !call.name.is_empty());
        (same || !begins).then_some(at)
    }

    /// The number of a call at the client: calls of a choice are counted from 0.
    fn number(&self, choice: u64, at: usize) -> u64 {
        self.calls.iter().take(at).filter(|call| call.choice == choice).count() as u64
    }
}

impl ChoiceReader<'_, '_> {
    /// Reads the list of calls that starts at `at`; gives where it ends.
    pub(super) fn calls(&mut self, at: usize, choice: u64, shows: &mut Shows) -> Result<usize, Bad> {
        shows.tools = true;
        let mut items = Items::new(self.frame, at, 4)?;
        while let Some(start) = items.start()? {
            let end = self.call(start, choice, shows)?;
            items.done(end);
        }
        Ok(items.end())
    }

    fn call(&mut self, at: usize, choice: u64, shows: &mut Shows) -> Result<usize, Bad> {
        let frame = self.frame;
        let mut object = Sieve::new(frame, at, 5)?;
        let (mut index, mut id, mut kind, mut named) = (None, None, None, None);
        while let Some(key) = object.key()? {
            let name = &*key.name(frame);
            if matches!(name, b"function" | b"custom") && frame.get(key.value) == Some(&b'{') {
                let (end, name) = self.function(key.value, shows)?;
                named = name.or(named);
                object.done(&key, end);
                continue;
            }
            let member = object.skip(&key)?;
            match name {
                b"index" => once(&mut index, member)?,
                b"id" => once(&mut id, member)?,
                b"type" => once(&mut kind, member)?,
                name => {
                    object.other(member, name, self.edits)?;
                }
            }
        }
        let says =
            |member: Option<Member>| member.map(|m| m.text(frame)).filter(|text| text.len() > 2 && text[0] == b'"');
        let fragment = Fragment {
            theirs: index.and_then(|member| whole(member.text(frame))).filter(|_| self.known.streamed),
            id: says(id),
            name: says(named),
        };
        let found = self.known.find(choice, &fragment);
        let number = self.known.number(choice, found.unwrap_or(self.known.calls.len()));
        if self.known.streamed && fragment.theirs != Some(number) {
            // Nothing is learned of fragments whose number differs: another call may bear theirs.
            shows.first = true;
            self.known.renumbered |= fragment.theirs.is_some();
            object.set(index, "index", number.to_string().into_bytes(), self.edits);
        }
        match found {
            // Readers join what comes twice.
            Some(_) => id.into_iter().filter(|_| fragment.id.is_some()).for_each(|again| object.drop(again)),
            None => {
                if self.known.calls.len() >= CALLS_MAX {
                    return Err(Bad::Byte(at));
                }
                shows.first = true;
                let made = || format!("\"{}{choice}_{number}\"", self.known.call_stem).into_bytes();
                let own = fragment.id.map_or_else(made, <[u8]>::to_vec);
                object.set(id, "id", own.clone(), self.edits);
                if kind.is_none_or(|member| member.text(frame) == b"null") {
                    object.set(kind, "type", b"\"function\"", self.edits);
                }
                let name = fragment.name.unwrap_or_default().to_vec();
                self.known.calls.push(Begun { choice, theirs: fragment.theirs, id: own, name });
            }
        }
        if let (Some(at), Some(name)) = (found, named) {
            self.again(at, name, shows);
        }
        Ok(object.close(self.edits).end)
    }

    /// A name that is told again beside a fragment of its call is emptied; one that comes in pieces goes on.
    fn again(&mut self, at: usize, name: Member, shows: &mut Shows) {
        let Some(call) = self.known.calls.get_mut(at) else { return };
        let text = name.text(self.frame);
        if text == call.name {
            shows.first = true;
            self.edits.replace(name.value, &b"\"\""[..]);
        } else if call.name.len() <= 2 {
            call.name = text.to_vec();
        }
    }

    /// Reads what is called; gives where it ends, and its name.
    fn function(&mut self, at: usize, shows: &mut Shows) -> Result<(usize, Option<Member>), Bad> {
        let frame = self.frame;
        let mut object = Sieve::new(frame, at, 6)?;
        let mut named = None;
        while let Some(member) = object.next()? {
            let value = member.text(frame);
            let name = &*member.name(frame);
            match name {
                b"name" | b"arguments" | b"input" => {
                    if name == b"name" {
                        once(&mut named, member)?;
                    }
                    if value != b"null" && value != b"\"\"" {
                        shows.text(member.value, value);
                    }
                }
                name => {
                    object.other(member, name, self.edits)?;
                }
            }
        }
        Ok((object.close(self.edits).end, named))
    }
}
