//! A Gemini request passed on. In: the client's body, the look at it, and what differs at the server. Out: the body the
//! upstream gets. Never here: the model (it stands in the path), a document built from the body.

use crate::gemini::contents::STAND_IN;
use crate::json::push_string;
use crate::peek::Peek;
use crate::splice::Edits;
use crate::target::Target;
use bytes::Bytes;

/// The affordable limit of answer tokens inserted where the client gave none, and proofs taken out that another dialect's
/// provider made. Every other byte is the client's.
pub(super) fn prepare_gemini(body: &Bytes, peek: &Peek, target: &Target) -> Bytes {
    let cuts = &peek.cuts.gemini;
    let mut edits = Edits::default();
    edits.remove(body, &mut cuts.gone.clone());
    if let Some(limit) = target.insert_max_tokens.filter(|_| peek.max_output.is_none()) {
        insert_limit(body, peek, limit, &mut edits);
    }
    for (proof, on_call) in &cuts.carried {
        if *on_call && target.signature_stand_in {
            let mut quoted = Vec::new();
            push_string(&mut quoted, STAND_IN);
            edits.replace(proof.value, quoted);
        } else {
            edits.remove(body, &mut [*proof]);
        }
    }
    for hollow in &cuts.hollow {
        edits.remove(body, &mut hollow.clone());
    }
    // Something must stay in a list of parts, so a text stands for the proof.
    for list in &cuts.all_hollow {
        edits.replace(*list, &br#"[{"text":"."}]"#[..]);
    }
    if edits.is_empty() {
        return body.clone();
    }
    Bytes::from(edits.apply(body))
}

fn insert_limit(body: &[u8], peek: &Peek, limit: u64, edits: &mut Edits) {
    let cuts = &peek.cuts.gemini;
    let field = format!("\"maxOutputTokens\":{limit}");
    match (cuts.max_output, cuts.config) {
        // It is null, or the client would have given it.
        (Some(span), _) => edits.replace(span, limit.to_string().into_bytes()),
        (None, Some((at, end))) if &body[at..end] == b"null" => {
            edits.replace((at, end), format!("{{{field}}}").into_bytes());
        }
        (None, Some((at, _))) => {
            let comma = if cuts.config_last > 0 { "," } else { "" };
            edits.insert(cuts.config_last.max(at + 1), format!("{comma}{field}").into_bytes());
        }
        (None, None) => {
            edits.insert(peek.cuts.last, format!(",\"generationConfig\":{{{field}}}").into_bytes());
        }
    }
}
