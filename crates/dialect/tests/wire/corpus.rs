//! The golden transcripts: every case of corpus/ for every client dialect, streamed or whole, at any cut of the bytes.
//! In: corpus/<upstream dialect>/<case>/. Out: differences. Rewritten with `cargo test -p dialect --features bless`.
//! Never here: what is right; that is what the reviewed files say (corpus/README.md).

use crate::run::{cases, spec, stream};
use bytes::Bytes;
use canon::{Dialect, Fault, Loss, Tally};
use dialect::lane::{Answer, StreamSpec};
use dialect::{Echo, Target, decode_request, encode_request};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use units::{Usage, UsageSource};

const MARK: &[u8] = b"---- the charge is durable here ----\n";

pub fn told(fault: &Fault) -> String {
    let param = fault.param.as_deref().unwrap_or("-");
    format!("{} {param}: {}", fault.kind.name(), fault.told)
}

/// What a client sees of a stream: before the charge, a mark, and what the seal or the failure adds.
fn streamed(spec: &StreamSpec, bytes: &[u8], size: usize) -> (Vec<u8>, Tally) {
    let ran = stream(spec, bytes, &[size]);
    ([&ran.before, MARK, &ran.after].concat(), ran.tally)
}

fn answer(spec: &StreamSpec, body: &Bytes) -> (Vec<u8>, Tally) {
    match Answer::read(spec, body) {
        Ok(answer) => {
            let tally = answer.tally().clone();
            let usage = *tally.usage();
            (answer.seal(&usage, UsageSource::Provider).to_vec(), tally)
        }
        Err(fault) => (told(&fault.to_fault()).into_bytes(), Tally::default()),
    }
}

pub fn usage_text(usage: &Usage) -> String {
    let lines: Vec<String> =
        usage.iter().map(|(class, count)| format!("  \"{}\": {count}", class.name())).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// The request of a case as its upstream gets it, and what was lost.
fn request(folder: &Path, upstream: Dialect) -> Option<(String, String)> {
    let (client, body) = request_of(folder)?;
    let target = Target::new(upstream, "upstream-model", 32_000);
    let encoded = decode_request(client, &body).and_then(|(request, mut losses)| {
        let encoded = encode_request(&request, &target)?;
        losses.extend(encoded.losses);
        Ok((encoded.body, losses))
    });
    Some(match encoded {
        Ok((body, losses)) => {
            let body = String::from_utf8(body.to_vec()).unwrap() + "\n";
            (body, losses_text(&losses))
        }
        Err(fault) => (told(&fault) + "\n", "[]\n".to_owned()),
    })
}

/// The same for the answer to the case's own request: names on their way back, settings to repeat.
fn asked(mut spec: StreamSpec, folder: &Path) -> StreamSpec {
    if let Some((client, body)) = request_of(folder)
        && client == spec.client
        && client != spec.upstream
        && let Ok((request, _)) = decode_request(client, &body)
        && let Ok(encoded) = encode_request(&request, &Target::new(spec.upstream, "upstream-model", 32_000))
    {
        spec.names = encoded.names;
        spec.echo = Echo::read(&body);
    }
    spec
}

/// The request of a case: its dialect and its body.
pub fn request_of(folder: &Path) -> Option<(Dialect, Bytes)> {
    let text = fs::read(folder.join("request.json")).ok()?;
    let value: BTreeMap<&str, &serde_json::value::RawValue> = serde_json::from_slice(&text).unwrap();
    let client: String = serde_json::from_str(value["client"].get()).unwrap();
    let body = Bytes::copy_from_slice(value["body"].get().as_bytes());
    Some((Dialect::from_name(&client).unwrap(), body))
}

pub fn losses_text(losses: &[Loss]) -> String {
    let line = |l: &Loss| {
        format!("  {{\"path\": {:?}, \"action\": {:?}, \"detail\": {:?}}}", l.path, l.action.name(), l.detail)
    };
    let lines: Vec<String> = losses.iter().map(line).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

/// What the files of a case should be.
fn expected(upstream: Dialect, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut usages = BTreeSet::new();
    for client in Dialect::CLIENTS {
        let spec = asked(spec(*client, upstream), folder);
        let (name, (text, tally)) = match fs::read(folder.join("upstream.sse")) {
            Ok(bytes) => {
                let whole = streamed(&spec, &bytes, bytes.len());
                for size in [1, 2, 7, 61] {
                    assert_eq!(streamed(&spec, &bytes, size), whole, "{folder:?} {client:?} cut to {size}");
                }
                (format!("client-{}.sse", client.name()), whole)
            }
            Err(_) => {
                let body = Bytes::from(fs::read(folder.join("upstream.json")).unwrap());
                (format!("client-{}.json", client.name()), answer(&spec, &body))
            }
        };
        let clean = String::from_utf8(text.clone()).unwrap();
        for secret in ["UPSTREAM", "upstream-", "host-7", "fp_secret", "cost", "PROVIDER"] {
            assert!(!clean.contains(secret), "{folder:?} {client:?} tells {secret}");
        }
        usages.insert(usage_text(tally.usage()));
        let end: &[u8] = if text.ends_with(b"\n") { b"" } else { b"\n" };
        files.insert(name, [&text, end].concat());
    }
    assert_eq!(usages.len(), 1, "{folder:?}: usage differs between clients");
    files.insert("usage.json".to_owned(), usages.pop_first().unwrap().into_bytes());
    if let Some((body, losses)) = request(folder, upstream) {
        files.insert("upstream-request.json".to_owned(), body.into_bytes());
        files.insert("loss.json".to_owned(), losses.into_bytes());
    }
    files
}

/// Compares the files of a case, or writes them.
pub fn check(folder: &Path, expected: &BTreeMap<String, Vec<u8>>, wrong: &mut Vec<String>) {
    for (name, text) in expected {
        let path = folder.join(name);
        if cfg!(feature = "bless") {
            fs::write(&path, text).unwrap();
        } else if fs::read(&path).ok().as_ref() != Some(text) {
            wrong.push(format!("{} differs or is missing", path.display()));
        }
    }
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let given = ["request.json", "upstream.sse", "upstream.json"].contains(&name.as_str());
        if !given && !expected.contains_key(&name) {
            wrong.push(format!("{} belongs to no case", folder.join(name).display()));
        }
    }
}

/// R-WIRE-1: every cell of the matrix, compared with its reviewed transcript; no file is left over.
#[test]
fn r_wire_1_the_matrix_equals_its_transcripts() {
    let mut wrong = Vec::new();
    for (upstream, folder) in cases() {
        check(&folder, &expected(upstream, &folder), &mut wrong);
    }
    assert!(
        wrong.is_empty(),
        "{}\nReview, then rewrite with: cargo test -p dialect --features bless",
        wrong.join("\n")
    );
}
