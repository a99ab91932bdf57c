//! Runs streams and answers through the lane, and finds the cases of the corpus. Never here: expectations.

use bytes::{Bytes, BytesMut};
use canon::{Dialect, Tally};
use dialect::lane::{Answer, ReplyHead, Stream, StreamFault, StreamSpec};
use dialect::{Echo, Maker, ToolNames, Vectors};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use units::UsageSource;

pub const CHAT: Dialect = Dialect::OpenAiChat;
pub const MESSAGES: Dialect = Dialect::Anthropic;
pub const RESPONSES: Dialect = Dialect::OpenAiResponses;
pub const GEMINI: Dialect = Dialect::Gemini;
pub const ALL: [Dialect; 4] = [CHAT, MESSAGES, RESPONSES, GEMINI];

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The cases: the upstream's dialect and the folder.
pub fn cases() -> Vec<(Dialect, PathBuf)> {
    Dialect::ALL.iter().flat_map(|dialect| folders(*dialect).into_iter().map(|folder| (*dialect, folder))).collect()
}

/// The folders of the cases of one upstream's dialect.
pub fn folders(dialect: Dialect) -> Vec<PathBuf> {
    let folder = root().join("corpus").join(dialect.name());
    let mut folders: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// The streams of the corpus.
pub fn streams() -> Vec<(Dialect, Vec<u8>)> {
    let read = |(dialect, folder): (Dialect, PathBuf)| Some((dialect, fs::read(folder.join("upstream.sse")).ok()?));
    cases().into_iter().filter_map(read).collect()
}

pub fn spec(client: Dialect, upstream: Dialect) -> StreamSpec {
    let id = match client {
        Dialect::Anthropic => "msg_ours",
        Dialect::Gemini => "gen-ours",
        Dialect::OpenAiResponses => "resp_ours",
        Dialect::Completions => "cmpl-ours",
        _ => "chatcmpl-ours",
    };
    StreamSpec {
        client,
        upstream,
        maker: Maker(0x0123_4567_89ab_cdef),
        head: ReplyHead { id: id.to_owned(), model: "pub".to_owned(), created: 1_700_000_000, ended: None },
        show_usage: true,
        show_thoughts: true,
        array: false,
        choices: 1,
        names: ToolNames::default(),
        stops: Vec::new(),
        echo: Echo::default(),
        lead: None,
        vectors: Vectors::default(),
        images: 0,
    }
}

/// What came of a stream.
#[derive(Debug, PartialEq)]
pub struct Ran {
    pub before: Vec<u8>,
    pub after: Vec<u8>,
    pub fault: Option<StreamFault>,
    pub tally: Tally,
    pub complete: bool,
}

impl Ran {
    pub fn text(&self) -> String {
        String::from_utf8([&self.before[..], &self.after].concat()).unwrap()
    }
}

/// Runs a stream cut into pieces of these sizes, over and over.
pub fn stream(spec: &StreamSpec, bytes: &[u8], sizes: &[usize]) -> Ran {
    let mut stream = Stream::new(spec);
    let (mut before, mut after) = (BytesMut::new(), BytesMut::new());
    let mut run = || -> Result<(), StreamFault> {
        let (mut rest, mut n) = (bytes, 0);
        while !rest.is_empty() {
            let size = sizes[n % sizes.len()].clamp(1, rest.len());
            let (part, more) = rest.split_at(size);
            stream.push(part, &mut before)?;
            rest = more;
            n += 1;
        }
        stream.finish(&mut before)
    };
    let fault = run().err();
    let tally = stream.tally().clone();
    let complete = stream.is_complete();
    match &fault {
        None => stream.seal(tally.usage(), UsageSource::Provider, &mut after),
        Some(fault) => stream.fail(&fault.to_fault(), "req_1", &mut after),
    }
    Ran { before: before.to_vec(), after: after.to_vec(), fault, tally, complete }
}

/// Runs a stream in one piece.
pub fn run(upstream: Dialect, client: Dialect, text: &str) -> Ran {
    stream(&spec(client, upstream), text.as_bytes(), &[usize::MAX])
}

/// Reads a whole answer.
pub fn answer(upstream: Dialect, client: Dialect, body: &str) -> Value {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let answer = Answer::read(&spec(client, upstream), &body).unwrap();
    let usage = *answer.tally().usage();
    serde_json::from_slice(&answer.seal(&usage, UsageSource::Provider)).unwrap()
}

/// The JSON of each frame, with its event name.
pub fn frames(text: &str) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for frame in text.split("\n\n").map(|f| f.replace('\r', "")) {
        let mut event = String::new();
        for line in frame.lines() {
            if let Some(name) = line.strip_prefix("event: ") {
                event = name.to_owned();
            }
            let data = line.strip_prefix("data:").map(str::trim);
            if let Some(data) = data.filter(|d| *d != "[DONE]") {
                out.push((event.clone(), serde_json::from_str(data).expect(data)));
            }
        }
    }
    out
}

/// A Chat chunk of one choice.
pub fn chunk(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"u\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"um\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    )
}

/// A Chat chunk that only tells usage.
pub fn usage_chunk(usage: &str) -> String {
    format!("data: {{\"id\":\"u\",\"choices\":[],\"usage\":{usage}}}\n\n")
}

pub const DONE: &str = "data: [DONE]\n\n";
