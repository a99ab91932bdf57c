//! Images that are made in a provider's own time: a task is begun, and asked about until it ends. In: answers of such a
//! provider, and the declared shape of them. Out: how the task stands; what a client is told of it. Never here: waiting, asking,
//! a place where pictures are kept.
//!
//! No two providers of this kind speak alike, so what differs is declared (docs/CATALOGUE.md) and nothing is guessed: an answer
//! without a state that was declared is a broken upstream.

use crate::fault::UpstreamFault;
use crate::images::{is_address, is_base64};
use crate::json::{push_string, skip, string_value};
use crate::lane::StreamFault;
use crate::read::{Object, elements};
use crate::write::Writer;
use bytes::Bytes;
use canon::Dialect;

/// Longest id of a task that is believed, in bytes.
const ID_BYTES_MAX: usize = 256;
/// What stands for the task in `TaskShape::ask`.
const ID: &str = "{id}";

/// How a provider tells its tasks. Places are names with dots between them (`output.task_id`); an empty one is the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskShape {
    /// Where a task is begun, below the base address.
    pub begin: String,
    /// Where it is asked about; `{id}` stands for its id.
    pub ask: String,
    /// The place of its id.
    pub id: String,
    /// The place of its state.
    pub state: String,
    /// The states of a task that is still to end.
    pub pending: Vec<String>,
    /// The states of one that ended well.
    pub succeeded: Vec<String>,
    /// The states of one that failed.
    pub failed: Vec<String>,
    /// The place of the list of pictures.
    pub images: String,
    /// The place of an address in each of them; empty where each is an address itself.
    pub url: String,
    /// The place of the bytes, as base64, in each of them.
    pub b64_json: String,
}

/// A picture that a task made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// Kept at this address. A provider's own is not for clients: it tells who it is.
    Url(String),
    /// Its bytes, as base64.
    Base64(String),
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It is still to end.
    Pending,
    /// It ended well.
    Succeeded(Vec<Picture>),
    /// It failed: nothing came of it, and nothing more will.
    Failed,
}

impl TaskState {
    /// The word that clients read.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded(_) => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// A task that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Its id at the provider: for asking only, no client sees it.
    pub id: String,
    /// How it stands already.
    pub state: TaskState,
}

/// The path under which a task is asked about. What a path gives another meaning is escaped in its id.
pub fn task_path(shape: &TaskShape, id: &str) -> String {
    let mut escaped = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => escaped.push(char::from(byte)),
            // A dot alone is a step in a path.
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    shape.ask.replace(ID, &escaped)
}

/// Reads the answer to a request that begins a task of at most `most` pictures.
///
/// # Errors
/// What the upstream said went wrong, or `Garbage` for what is no task.
pub fn read_begun(shape: &TaskShape, most: u32, body: &[u8]) -> Result<Begun, StreamFault> {
    let root = open(body)?;
    let id = place(body, &shape.id).and_then(string_value).map(std::borrow::Cow::into_owned);
    let plain = |id: &String| (1..=ID_BYTES_MAX).contains(&id.len()) && !id.contains(|c: char| c.is_control());
    match id.filter(plain) {
        Some(id) => Ok(Begun { id, state: read_state(shape, most, body)? }),
        None if root.get("error").is_some() => Err(told(body)),
        None => Err(StreamFault::Garbage),
    }
}

/// Reads how a task of at most `most` pictures stands.
///
/// # Errors
/// What the upstream said went wrong with the question, or `Garbage` for an answer that does not tell.
pub fn read_state(shape: &TaskShape, most: u32, body: &[u8]) -> Result<TaskState, StreamFault> {
    let root = open(body)?;
    let Some(state) = place(body, &shape.state).and_then(string_value) else {
        return Err(if root.get("error").is_some() { told(body) } else { StreamFault::Garbage });
    };
    let is = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(&state));
    if is(&shape.succeeded) {
        return pictures(shape, most, body).map(TaskState::Succeeded).ok_or(StreamFault::Garbage);
    }
    match (is(&shape.failed), is(&shape.pending)) {
        (true, _) => Ok(TaskState::Failed),
        (false, true) => Ok(TaskState::Pending),
        (false, false) => Err(StreamFault::Garbage),
    }
}

fn open(body: &[u8]) -> Result<Object<'_>, StreamFault> {
    let body = body.trim_ascii();
    if std::str::from_utf8(body).is_err() || skip(body, 0, 0)? != body.len() {
        return Err(StreamFault::Garbage);
    }
    Object::open(body).ok_or(StreamFault::Garbage)
}

fn told(body: &[u8]) -> StreamFault {
    StreamFault::Upstream(UpstreamFault::in_stream(Dialect::Images, body.trim_ascii()))
}

/// The value at a place.
fn place<'a>(json: &'a [u8], path: &str) -> Option<&'a [u8]> {
    let mut steps = path.split('.').filter(|step| !step.is_empty());
    steps.try_fold(json, |at, step| Object::open(at)?.get(step))
}

/// The pictures: at least one, each of use to a client. Those beyond what was asked for are nobody's.
fn pictures(shape: &TaskShape, most: u32, body: &[u8]) -> Option<Vec<Picture>> {
    let list = place(body, &shape.images)?;
    let list = if list.first() == Some(&b'[') { elements(list)? } else { vec![list] };
    if list.is_empty() {
        return None;
    }
    let one = |json: &[u8]| -> Option<Picture> {
        let bytes = place(json, &shape.b64_json).filter(|_| !shape.b64_json.is_empty()).and_then(string_value);
        if let Some(bytes) = bytes.filter(|bytes| is_base64(bytes)) {
            return Some(Picture::Base64(bytes.into_owned()));
        }
        let url = place(json, &shape.url).and_then(string_value).filter(|url| is_address(url))?;
        Some(Picture::Url(url.into_owned()))
    };
    list.into_iter().take(most as usize).map(one).collect()
}

/// How a task that has no pictures yet tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PendingData {
    /// An empty list.
    #[default]
    Empty,
    /// One picture, neither by an address nor by its bytes: some clients read the first one unasked.
    Nulls,
}

/// What a client is told of a task, by its own ids.
#[derive(Clone, Copy, Debug)]
pub struct TaskReply<'a> {
    /// Seconds since 1970 when it was begun.
    pub created: i64,
    /// Our id of it.
    pub task_id: &'a str,
    /// What stands for the provider's id: an opaque one of ours (R-ERR-7).
    pub provider_task_id: &'a str,
    /// The public id of the model.
    pub model: &'a str,
    /// How it stands; addresses of pictures are those at which clients may fetch them.
    pub state: &'a TaskState,
    /// How it tells pictures that are still to come.
    pub pending_data: PendingData,
}

/// Writes what a client is told of a task: the same members from its beginning to its end.
pub fn write_task(reply: &TaskReply<'_>) -> Bytes {
    let mut out = Vec::with_capacity(256);
    let mut body = Writer::object(&mut out);
    body.number("created", u64::try_from(reply.created).unwrap_or(0));
    let mut data = Writer::array(body.key("data"));
    if let TaskState::Succeeded(pictures) = reply.state {
        for picture in pictures {
            let mut item = Writer::object(data.item());
            match picture {
                Picture::Url(url) => push_string(item.key("url"), url),
                Picture::Base64(bytes) => push_string(item.key("b64_json"), bytes),
            }
            item.end();
        }
    }
    if *reply.state == TaskState::Pending && reply.pending_data == PendingData::Nulls {
        let mut item = Writer::object(data.item());
        item.raw("url", "null");
        item.raw("b64_json", "null");
        item.end();
    }
    data.end();
    body.text("task_id", reply.task_id);
    body.text("provider_task_id", reply.provider_task_id);
    body.text("status", reply.state.name());
    body.text("model", reply.model);
    if *reply.state == TaskState::Failed {
        let mut error = Writer::object(body.key("error"));
        error.text("message", "The images could not be made; nothing was charged for them.");
        error.text("type", "task_failed");
        error.text("code", "task_failed");
        error.end();
    }
    body.end();
    Bytes::from(out)
}

#[cfg(test)]
#[path = "tasks/tests.rs"]
mod tests;
