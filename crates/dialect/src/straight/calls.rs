//! The tool calls of a Chat choice, read where they stand. In: the list of a delta or a message. Out: what it shows, edits that
//! mend what readers trip over. Never here: whole arguments, another member of a choice (choices).

use super::choices::{ChoiceReader, Known, Shows};
use super::names::{Sieve, once};
use crate::json::{Bad, Items, whole};

/// No stream or answer makes more calls, all choices together.
const CALLS_MAX: usize = 1024;

impl Known {
    /// The number of a call without one: in an answer and with a new id it is the next, else it goes on with the last.
    fn guess(&self, choice: u64, id: Option<&[u8]>) -> u64 {
        let count = self.calls.iter().filter(|call| call.0 == choice).count() as u64;
        let new = !self.streamed || count == 0 || id.is_some_and(|id| id != self.last_id);
        if new { count } else { count - 1 }
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
        let (mut index, mut id, mut kind) = (None, None, None);
        while let Some(key) = object.key()? {
            let name = &*key.name(frame);
            if matches!(name, b"function" | b"custom") && frame.get(key.value) == Some(&b'{') {
                let end = self.function(key.value, shows)?;
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
        let id_text = id.map_or(&b""[..], |member| member.text(frame));
        let named = id_text.len() > 2 && id_text[0] == b'"';
        let told = index.and_then(|member| whole(member.text(frame))).filter(|_| self.known.streamed);
        let number = told.unwrap_or_else(|| self.known.guess(choice, named.then_some(id_text)));
        if told.is_none() && self.known.streamed {
            shows.first = true;
            object.set(index, "index", number.to_string().into_bytes(), self.edits);
        }
        if !self.known.calls.contains(&(choice, number)) {
            if self.known.calls.len() >= CALLS_MAX {
                return Err(Bad::Byte(at));
            }
            self.known.calls.push((choice, number));
            shows.first = true;
            if !named {
                let made = format!("\"{}{choice}_{number}\"", self.known.call_stem);
                object.set(id, "id", made.into_bytes(), self.edits);
            }
            if kind.is_none_or(|member| member.text(frame) == b"null") {
                object.set(kind, "type", b"\"function\"", self.edits);
            }
        }
        if named {
            self.known.last_id = id_text.to_vec();
        }
        Ok(object.close(self.edits).end)
    }

    fn function(&mut self, at: usize, shows: &mut Shows) -> Result<usize, Bad> {
        let frame = self.frame;
        let mut object = Sieve::new(frame, at, 6)?;
        while let Some(member) = object.next()? {
            let value = member.text(frame);
            match &*member.name(frame) {
                b"name" | b"arguments" | b"input" => {
                    if value != b"null" && value != b"\"\"" {
                        shows.text(member.value, value);
                    }
                }
                name => {
                    object.other(member, name, self.edits)?;
                }
            }
        }
        Ok(object.close(self.edits).end)
    }
}
