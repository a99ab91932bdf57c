//! Writes JSON without building it. In: keys and values in order. Out: text. Never here: the meaning of a field.

use crate::json::push_string;

/// Room for what a request written anew has beside what was read, so that the text seldom moves while it grows.
pub(crate) const SPARE_BYTES: usize = 1_024;

/// Writes one object or array; commas come by themselves.
pub(crate) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    close: u8,
}

impl<'o> Writer<'o> {
    /// Opens an object.
    pub fn object(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { start: out.len(), out, close: b'}' }
    }

    /// Opens an array.
    pub fn array(out: &'o mut Vec<u8>) -> Self {
        out.push(b'[');
        Self { start: out.len(), out, close: b']' }
    }

    fn comma(&mut self) {
        if self.out.len() > self.start {
            self.out.push(b',');
        }
    }

    /// Starts a field; its value is written by the caller.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.comma();
        push_string(self.out, key);
        self.out.push(b':');
        self.out
    }

    /// Starts an element; it is written by the caller.
    pub fn item(&mut self) -> &mut Vec<u8> {
        self.comma();
        self.out
    }

    /// A string field.
    pub fn text(&mut self, key: &str, value: &str) {
        push_string(self.key(key), value);
    }

    /// A field of JSON as it is.
    pub fn raw(&mut self, key: &str, json: &str) {
        self.key(key).extend_from_slice(json.as_bytes());
    }

    /// An integer field.
    pub fn number(&mut self, key: &str, value: u64) {
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(value);
        self.key(key).extend_from_slice(text.as_bytes());
    }

    /// How much has been written, for `cut_back`.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Takes back what was written after that length.
    pub fn cut_back(&mut self, len: usize) {
        self.out.truncate(len.max(self.start));
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.out.len() == self.start
    }

    /// Closes it.
    pub fn end(self) {
        self.out.push(self.close);
    }
}
