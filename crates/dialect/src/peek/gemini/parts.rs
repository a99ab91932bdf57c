//! What a look reads inside contents, while it passes over them anyway. In: where a content stands. Out: how much media,
//! what is fetched, where proofs stand that were carried here. Never here: text of the prompt, a copy of anything.

use super::{Look, not_json};
use crate::gemini::names::camel;
use crate::gemini::proof::may_be_carried;
use crate::json::{Bad, DEPTH_MAX, Items, Member, Members, string_value};
use canon::Fault;

/// What a part holds, as far as it matters.
#[derive(Default)]
struct Held {
    end: usize,
    carried: Option<Member>,
    call: bool,
    /// Whether it says anything beside a proof.
    says: bool,
}

impl Look<'_> {
    /// Reads a content or a system prompt; gives where it ends.
    pub(super) fn spoken(&mut self, at: usize, outside: u32) -> Result<usize, Fault> {
        let body = self.body;
        let mut members = Members::new(body, at, outside).map_err(not_json)?;
        while let Some(pending) = members.key().map_err(not_json)? {
            let name = pending.name(body);
            let (is_parts, is_role) = (&*name == b"parts", &*name == b"role");
            if is_parts && matches!(body.get(pending.value), Some(b'[' | b'{')) {
                let end = self.parts(pending.value, outside + 1)?;
                members.done(&pending, end);
            } else {
                let member = members.skip(&pending).map_err(not_json)?;
                self.role = if is_role { Some(member.value) } else { self.role };
            }
        }
        Ok(members.end())
    }

    /// Reads a list of parts, or the one that stands for a list of one.
    pub(super) fn parts(&mut self, at: usize, outside: u32) -> Result<usize, Fault> {
        if self.body.get(at) == Some(&b'{') {
            let held = self.part(at, outside)?;
            return Ok(held.end);
        }
        let mut items = Items::new(self.body, at, outside).map_err(not_json)?;
        let (mut hollow, mut count, mut before) = (Vec::new(), 0, 0);
        while let Some(start) = items.start().map_err(not_json)? {
            let held = self.part(start, outside + 1)?;
            items.done(held.end);
            match held.carried {
                Some(_) if !held.says => {
                    hollow.push(Member { before, key: (start + 1, start + 1), value: (start, held.end) });
                }
                Some(proof) => self.peek.cuts.gemini.carried.push((proof, held.call)),
                None => {}
            }
            before = held.end;
            count += 1;
        }
        let cuts = &mut self.peek.cuts.gemini;
        if !hollow.is_empty() && hollow.len() == count {
            cuts.all_hollow.push((at, items.end()));
        } else if !hollow.is_empty() {
            cuts.hollow.push(hollow);
        }
        Ok(items.end())
    }

    fn part(&mut self, at: usize, outside: u32) -> Result<Held, Fault> {
        // Results hold parts, which may hold results.
        if outside >= DEPTH_MAX {
            return Err(not_json(Bad::Depth));
        }
        let body = self.body;
        let mut held = Held::default();
        if body.get(at) != Some(&b'{') {
            held.end = crate::json::skip(body, at, outside).map_err(not_json)?;
            held.says = true;
            return Ok(held);
        }
        let mut members = Members::new(body, at, outside).map_err(not_json)?;
        while let Some(pending) = members.key().map_err(not_json)? {
            let name = pending.name(body);
            let name = String::from_utf8_lossy(&name);
            let name = &*camel(&name);
            let object = body.get(pending.value) == Some(&b'{');
            let end = match name {
                "inlineData" if object => Some(self.blob(pending.value, outside + 1)?),
                "fileData" if object => Some(self.file(pending.value, outside + 1)?),
                "functionResponse" if object => Some(self.spoken(pending.value, outside + 1)?),
                _ => None,
            };
            let member = match end {
                Some(end) => members.done(&pending, end),
                None => members.skip(&pending).map_err(not_json)?,
            };
            self.note(name, member, &mut held);
        }
        held.end = members.end();
        Ok(held)
    }

    fn note(&mut self, name: &str, member: Member, held: &mut Held) {
        let value = member.text(self.body);
        match name {
            "thoughtSignature" => {
                let inner = value.strip_prefix(b"\"").unwrap_or_default();
                if may_be_carried(inner) {
                    held.carried = Some(member);
                }
            }
            "thought" => {}
            "text" => held.says |= value != b"\"\"",
            "functionCall" => {
                held.call = true;
                held.says = true;
            }
            "inlineData"
            | "fileData"
            | "functionResponse"
            | "executableCode"
            | "codeExecutionResult"
            | "videoMetadata"
            | "mediaResolution"
            | "partMetadata"
            | "toolCall"
            | "toolResponse" => {
                held.says = true;
            }
            // What nobody here knows may be fetched by the server.
            _ => {
                held.says = true;
                self.peek.open_prompt |= value != b"null";
                self.stored = true;
            }
        }
    }

    fn blob(&mut self, at: usize, outside: u32) -> Result<usize, Fault> {
        let mut mime = String::new();
        let mut bytes = 0;
        let mut members = Members::new(self.body, at, outside).map_err(not_json)?;
        while let Some(member) = members.next().map_err(not_json)? {
            let value = member.text(self.body);
            match &*member.name(self.body) {
                b"mimeType" | b"mime_type" => mime = string_value(value).unwrap_or_default().to_ascii_lowercase(),
                b"data" => bytes += value.len().saturating_sub(2) as u64,
                _ => {}
            }
        }
        // Text in base64 is text: its tokens are below its bytes.
        if !mime.starts_with("text/") {
            self.medium(&mime);
            self.peek.media_bytes += bytes;
        }
        Ok(members.end())
    }

    fn file(&mut self, at: usize, outside: u32) -> Result<usize, Fault> {
        let mut mime = String::new();
        let mut members = Members::new(self.body, at, outside).map_err(not_json)?;
        while let Some(member) = members.next().map_err(not_json)? {
            if matches!(&*member.name(self.body), b"mimeType" | b"mime_type") {
                mime = string_value(member.text(self.body)).unwrap_or_default().to_ascii_lowercase();
            }
        }
        // A film that is only named by its address may have sound as well.
        self.peek.audio |= mime.is_empty();
        self.medium(&mime);
        self.peek.open_prompt = true;
        self.stored = true;
        Ok(members.end())
    }

    fn medium(&mut self, mime: &str) {
        self.peek.media_items += 1;
        self.peek.audio |= mime.starts_with("audio/") || mime.starts_with("video/");
        // A film counts as a document: neither is one picture.
        self.peek.documents += u32::from(!mime.starts_with("image/"));
    }
}
