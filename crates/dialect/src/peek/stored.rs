//! What a request names that lies in a provider's account: files, containers, caches, items and stores of vectors. The account is the
//! operator's and serves every customer, so none may name what another put there. In: a body that a look has walked. Out: a
//! refusal that names the field. Never here: what lies in this house (`previous_response_id`), what a model or a tool wrote.
//!
//! Two steps, because nearly no request names such a thing: hints while the look walks anyway, and an exact reading of the body
//! only where a hint was found.

use crate::json::{Items, Members, Watch, string_value};
use crate::read::At;
use canon::{Dialect, Fault, FaultKind};
use std::borrow::Cow;
use std::ops::Range;

/// Names whose value is the id of something stored, without case and without `_`.
const STORED: [&str; 17] = [
    "fileid",
    "fileids",
    "vectorstoreid",
    "vectorstoreids",
    "containerid",
    "cachedcontent",
    "cachedcontents",
    "filesearchstorenames",
    "libraryid",
    "libraryids",
    "collectionids",
    "knowledgebaseid",
    "knowledgebaseids",
    "datastore",
    "datastorespecs",
    "ragcorpora",
    "ragresources",
];

/// Names that may hold one.
const HOLDERS: [&str; 4] = ["container", "audio", "skillid", "voice"];

/// Names of addresses.
const ADDRESSES: [&str; 7] = ["url", "imageurl", "fileurl", "videourl", "audiourl", "fileuri", "filedata"];

/// What holds an address that a server fetches from.
const FETCHED: [&str; 6] = ["audiourl", "document", "file", "imageurl", "source", "videourl"];

/// What a model, a tool or the client's own program wrote: no server looks for anything by what stands there.
const WRITTEN: [&str; 18] = [
    "annotations",
    "args",
    "arguments",
    "citations",
    "clientmetadata",
    "examples",
    "inputexamples",
    "inputschema",
    "labels",
    "metadata",
    "outputschema",
    "parameters",
    "parametersjsonschema",
    "partmetadata",
    "responsejsonschema",
    "responseschema",
    "schema",
    "logitbias",
];

/// None of these names is shorter.
const NAME_BYTES_MIN: usize = 5;

/// Whether a key begins with the first two letters of one of these names.
#[inline]
fn begins(key: &[u8]) -> bool {
    const LOWER: u8 = 0x20;
    let [first, second, ..] = key else { return false };
    match first | LOWER {
        b'f' | b'l' => second | LOWER == b'i',
        b'c' => matches!(second | LOWER, b'o' | b'a'),
        b'd' | b'r' => second | LOWER == b'a',
        b'v' => matches!(second | LOWER, b'e' | b'o'),
        b'k' => second | LOWER == b'n',
        b'a' => second | LOWER == b'u',
        b's' => second | LOWER == b'k',
        _ => false,
    }
}

/// An address longer than this is no address of a store.
const ADDRESS_BYTES_MAX: usize = 4_096;
/// No word that names a kind is longer, whichever way it is spelt.
const WORD_BYTES_MAX: usize = 128;
/// No scheme of an address is longer.
const SCHEME_BYTES_MAX: usize = 12;

/// Whether something that was walked over may name what is stored.
#[derive(Default, Debug)]
pub(super) struct Hints {
    pub found: bool,
}

impl Watch for Hints {
    #[inline]
    fn key(&mut self, _depth: u32, key: &[u8]) {
        // Nearly every key ends the look here.
        if key.len() >= NAME_BYTES_MIN && begins(key) && key != b"content" {
            self.found |= is_suspect(key);
        }
        self.found |= key.contains(&b'\\');
    }

    #[inline]
    fn string(&mut self, _depth: u32, text: &[u8], span: Range<usize>) {
        let inner = &text[span.start + 1..span.end - 1];
        self.found |= match inner.first() {
            _ if inner.len() > ADDRESS_BYTES_MAX => false,
            Some(b'i') => matches!(inner, b"item_reference" | b"image_generation_call") || looks_stored(inner),
            Some(b'g' | b'G' | b's' | b'S' | b'f' | b'F' | b'h' | b'H' | b' ' | b'\\') => looks_stored(inner),
            _ => false,
        };
    }
}

#[cold]
fn is_suspect(key: &[u8]) -> bool {
    let name = plain(key);
    STORED.contains(&&*name) || HOLDERS.contains(&&*name)
}

/// Whether a character is spelt as an escape that nobody needs.
fn hides(text: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', text).any(|at| text[at..].starts_with(b"\\u00"))
}

/// Whether a text may be the address of something stored, or a word that hides what it is.
fn looks_stored(text: &[u8]) -> bool {
    let mut text = text;
    while let [b' ', rest @ ..] | [b'\\', b'n' | b'r' | b't', rest @ ..] = text {
        text = rest;
    }
    // Neither has a blank, and prose soon has one.
    if text[..text.len().min(SCHEME_BYTES_MAX)].contains(&b' ') {
        return false;
    }
    if hides(&text[..text.len().min(WORD_BYTES_MAX)]) {
        return true;
    }
    let starts = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if starts(b"http:") || starts(b"https:") {
        let text = text.to_ascii_lowercase();
        // An escape may hide the host.
        return [&b"googleapis"[..], b"%"].iter().any(|word| memchr::memmem::find(&text, word).is_some());
    }
    let scheme = text.iter().take(SCHEME_BYTES_MAX).position(|byte| *byte == b':');
    // A backslash stands before a slash where it is escaped.
    scheme.is_some_and(|at| matches!(text.get(at + 1), Some(b'/' | b'\\'))) || starts(b"files")
}

/// Watches with two at once.
pub(super) struct Both<'a, W>(pub &'a mut W, pub &'a mut Hints);

impl<W: Watch> Watch for Both<'_, W> {
    #[inline]
    fn key(&mut self, depth: u32, key: &[u8]) {
        self.0.key(depth, key);
        self.1.key(depth, key);
    }

    #[inline]
    fn string(&mut self, depth: u32, text: &[u8], span: Range<usize>) {
        self.0.string(depth, text, span.clone());
        self.1.string(depth, text, span);
    }

    #[inline]
    fn scalar(&mut self, depth: u32, span: Range<usize>) {
        self.0.scalar(depth, span);
    }

    #[inline]
    fn open(&mut self, depth: u32, object: bool, at: usize) {
        self.0.open(depth, object, at);
    }

    #[inline]
    fn close(&mut self, depth: u32, end: usize) {
        self.0.close(depth, end);
    }
}

/// A name without case and without what joins its words.
fn plain(name: &[u8]) -> String {
    let letters = name.iter().filter(|byte| !matches!(byte, b'_' | b'-'));
    letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

/// Reads a body that is well formed.
///
/// # Errors
/// A fault that names the first field which names something stored.
pub(crate) fn check(dialect: Dialect, body: &[u8]) -> Result<(), Fault> {
    let start = crate::json::blank(body, 0);
    let Ok(mut members) = Members::new(body, start, 0) else { return Ok(()) };
    let reader = Reader { dialect };
    while let Ok(Some(member)) = members.next() {
        let name = String::from_utf8_lossy(&member.name(body)).into_owned();
        let (at, value) = (At::field(&name), member.text(body));
        match (dialect, &*name) {
            (Dialect::OpenAiResponses, "input") => reader.input(value, &at)?,
            // It lies in this house, or was refused before.
            (Dialect::OpenAiResponses, "previous_response_id" | "prompt" | "conversation") => {}
            _ => reader.member(&name, value, &at, "")?,
        }
    }
    Ok(())
}

struct Reader {
    dialect: Dialect,
}

impl Reader {
    /// The items of Responses: one may stand for another that is stored.
    fn input(&self, value: &[u8], at: &At<'_>) -> Result<(), Fault> {
        for (n, item) in crate::read::elements(value).unwrap_or_default().into_iter().enumerate() {
            let at = at.index(n);
            let known = |name: &str| crate::read::Object::open(item).is_some_and(|item| item.get(name).is_some());
            let kinds = kinds_of(item);
            let is = |kind: &str| kinds.iter().any(|known| known == kind);
            let bare = kinds.is_empty() && known("id") && !known("role") && !known("content");
            let pictured = is("image_generation_call") && !known("result");
            if bare || pictured || is("item_reference") {
                let told = format!(
                    "`{at}` names an item that is kept at a provider; send the item itself, or `previous_response_id`."
                );
                return Err(Fault::new(FaultKind::UnsupportedParameter, told).at(at.to_string()));
            }
            self.value(item, &at, "")?;
        }
        Ok(())
    }

    fn value(&self, value: &[u8], at: &At<'_>, holder: &str) -> Result<(), Fault> {
        match value.first() {
            Some(b'{') => {
                // Results of tools that a Messages server ran list the files that came out; nothing reads them again.
                let kinds = kinds_of(value);
                let told = self.dialect == Dialect::Anthropic
                    && !kinds.is_empty()
                    && kinds.iter().all(|kind| kind.ends_with("_output"));
                let Ok(mut members) = Members::new(value, 0, 0) else { return Ok(()) };
                while let Ok(Some(member)) = members.next() {
                    let name = member.name(value);
                    let name = String::from_utf8_lossy(&name);
                    if !(told && plain(name.as_bytes()) == "fileid") {
                        self.member(&name, member.text(value), &at.key(&name), holder)?;
                    }
                }
            }
            Some(b'[') => {
                let Ok(mut items) = Items::new(value, 0, 0) else { return Ok(()) };
                let mut n = 0;
                while let Ok(Some((from, to))) = items.next() {
                    self.value(&value[from..to], &at.index(n), holder)?;
                    n += 1;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn member(&self, name: &str, value: &[u8], at: &At<'_>, holder: &str) -> Result<(), Fault> {
        let name = &*plain(name.as_bytes());
        if says_nothing(value) || self.is_written(name, holder) {
            return Ok(());
        }
        let word = || string_value(value).unwrap_or_default();
        let text = value.first() == Some(&b'"');
        let stored = match name {
            "id" => text && matches!(holder, "container" | "audio" | "voice"),
            "container" => text,
            // Both kinds of providers name their own by plain words.
            "skillid" => word().starts_with("skill_"),
            "retrieval" => self.dialect == Dialect::Gemini,
            "fileuri" => !is_web(&word()) || is_file_of_api(&word()),
            // What a search found has an address as well, and nobody fetches it again.
            "url" if !FETCHED.contains(&holder) => false,
            _ if ADDRESSES.contains(&name) && text => is_stored(&word()),
            _ => STORED.contains(&name),
        };
        if stored {
            return Err(refused(at));
        }
        self.value(value, at, name)
    }

    /// `input` is what a call of a tool is given, and what Responses call their conversation; `response` a result in Gemini alone.
    fn is_written(&self, name: &str, holder: &str) -> bool {
        WRITTEN.contains(&name)
            || (name == "input" && self.dialect != Dialect::OpenAiResponses)
            || (name == "response" && self.dialect == Dialect::Gemini && holder == "functionresponse")
    }
}

/// What kind an object calls itself: of several words servers differ in which one counts.
fn kinds_of(value: &[u8]) -> Vec<String> {
    let Some(object) = crate::read::Object::open(value) else { return Vec::new() };
    let kinds = object.iter().filter(|(name, _)| plain(name) == "type");
    kinds.filter_map(|(_, kind)| string_value(kind).map(Cow::into_owned)).collect()
}

/// Null and what is empty name nothing.
fn says_nothing(value: &[u8]) -> bool {
    let inner = match value {
        [b'[', inner @ .., b']'] => inner.trim_ascii(),
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    };
    inner.is_empty() || value == b"null"
}

/// Whether an address leads into an account: neither the web's nor the data itself. What is no address at all is left to others.
fn is_stored(text: &str) -> bool {
    let text = text.trim_start();
    let start: String = text.chars().take(SCHEME_BYTES_MAX).collect::<String>().to_ascii_lowercase();
    if start.starts_with("http:") || start.starts_with("https:") {
        // One that is none of the web's leads nowhere, but into an interface that somebody mends it for.
        return !is_web(text) && (text.contains('%') || text.to_ascii_lowercase().contains("googleapis"));
    }
    let scheme = start.split_once(':').filter(|(_, rest)| rest.starts_with('/'));
    let scheme = scheme.is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+'));
    scheme || start.starts_with("files/")
}

/// The host and the path of an address of the web, without their escapes.
fn host_and_path(text: &str) -> Option<(String, String)> {
    let text = text.trim().to_ascii_lowercase();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = percent_decoded(host.split(':').next().unwrap_or_default());
    Some((host.trim_end_matches('.').to_owned(), percent_decoded(path)))
}

/// Whether an address is one that anybody may fetch, and none of the interfaces whose files ask for the credential.
fn is_web(text: &str) -> bool {
    let interface = |host: &str| {
        ["generativelanguage.googleapis.com", "aiplatform.googleapis.com"].iter().any(|i| host.ends_with(i))
    };
    host_and_path(text).is_some_and(|(host, _)| !host.is_empty() && !interface(&host))
}

/// Whether an address looks like that of a file of Gemini's interface, whichever host passes it on.
fn is_file_of_api(text: &str) -> bool {
    let path = host_and_path(text).map(|(_, path)| path).unwrap_or_default();
    let mut steps = path.split(['/', '\\']).filter(|step| !step.is_empty());
    let version = |step: &str| step.len() > 1 && step.starts_with('v') && step.as_bytes()[1].is_ascii_digit();
    steps.next().is_some_and(version) && steps.next() == Some("files")
}

/// Text without percent escapes; what is no text stays.
fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(hex.unwrap_or(*byte).to_ascii_lowercase());
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn refused(at: &At<'_>) -> Fault {
    let told = format!(
        "`{at}` names something that is stored at a provider. Nothing is stored there for you; send the data itself."
    );
    Fault::new(FaultKind::UnsupportedParameter, told).at(at.to_string())
}

#[cfg(test)]
#[path = "stored_tests.rs"]
mod tests;
