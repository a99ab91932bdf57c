//! Chunks of Chat Completions that we write ourselves. In: a head and what a chunk says. Out: frames.
//! Never here: when they are sent.

use super::usage;
use crate::json::push_string;
use crate::lane::ReplyHead;
use bytes::BytesMut;
use units::Usage;

/// Writes chunks that share id, time and model.
#[derive(Debug)]
pub(crate) struct Pen {
    id: Vec<u8>,
    model: Vec<u8>,
    created: Vec<u8>,
    fixed: bool,
}

impl Pen {
    pub fn new(head: &ReplyHead) -> Self {
        let quoted = |text: &str| {
            let mut out = Vec::with_capacity(text.len() + 2);
            push_string(&mut out, text);
            out
        };
        Self {
            id: quoted(&head.id),
            model: quoted(&head.model),
            created: head.created.to_string().into_bytes(),
            fixed: false,
        }
    }

    /// The id as JSON.
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// The model as JSON.
    pub fn model(&self) -> &[u8] {
        &self.model
    }

    /// The time as JSON.
    pub fn created(&self) -> &[u8] {
        &self.created
    }

    /// Takes the upstream's time, the first time it tells one: all chunks of a stream tell the same.
    pub fn created_as(&mut self, created: &[u8]) {
        if !self.fixed {
            self.fixed = true;
            self.created = created.to_vec();
        }
    }

    fn open(&self, out: &mut BytesMut) {
        out.extend_from_slice(b"data: {\"id\":");
        out.extend_from_slice(&self.id);
        out.extend_from_slice(b",\"object\":\"chat.completion.chunk\",\"created\":");
        out.extend_from_slice(&self.created);
        out.extend_from_slice(b",\"model\":");
        out.extend_from_slice(&self.model);
    }

    /// A chunk of one choice without a finish; `delta` is its JSON.
    pub fn delta(&self, choice: u64, delta: &[u8], out: &mut BytesMut) {
        self.choice(choice, delta, b"null", out);
    }

    fn choice(&self, choice: u64, delta: &[u8], finish: &[u8], out: &mut BytesMut) {
        self.open(out);
        out.extend_from_slice(b",\"choices\":[{\"index\":");
        out.extend_from_slice(itoa::Buffer::new().format(choice).as_bytes());
        out.extend_from_slice(b",\"delta\":");
        out.extend_from_slice(delta);
        out.extend_from_slice(b",\"logprobs\":null,\"finish_reason\":");
        out.extend_from_slice(finish);
        out.extend_from_slice(b"}]}\n\n");
    }

    /// The first chunk of a choice.
    pub fn role(&self, choice: u64, out: &mut BytesMut) {
        self.delta(choice, b"{\"role\":\"assistant\",\"content\":\"\"}", out);
    }

    /// The last chunk of a choice.
    pub fn finish(&self, choice: u64, word: &str, out: &mut BytesMut) {
        let mut quoted = Vec::new();
        push_string(&mut quoted, word);
        self.choice(choice, b"{}", &quoted, out);
    }

    /// The usage chunk.
    pub fn usage(&self, counts: &Usage, out: &mut BytesMut) {
        let mut text = Vec::new();
        usage::write(counts, &mut text);
        self.usage_text(&text, out);
    }

    /// The usage chunk with a usage object as JSON.
    pub fn usage_text(&self, text: &[u8], out: &mut BytesMut) {
        self.open(out);
        out.extend_from_slice(b",\"choices\":[],\"usage\":");
        out.extend_from_slice(text);
        out.extend_from_slice(b"}\n\n");
    }
}
