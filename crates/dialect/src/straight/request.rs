//! A request passed on. In: the client's body, the look at it, and what differs at the server. Out: the body the upstream
//! gets. Never here: answers, a document built from the body.

use super::gemini_request::prepare_gemini;
use crate::json::{Member, Members, blank, push_string};
use crate::peek::Peek;
use crate::splice::Edits;
use crate::target::{MaxTokensField, SystemPlacement, Target};
use bytes::Bytes;
use canon::Dialect;

/// The body as the upstream gets it: `model` spliced, usage reporting switched on, the limit of answer tokens inserted
/// or renamed, system roles placed as the server wants them, nothing to be kept at the server. Every other byte is the client's.
pub fn prepare(body: &Bytes, peek: &Peek, target: &Target) -> Bytes {
    if peek.dialect == Dialect::Gemini {
        return prepare_gemini(body, peek, target);
    }
    let mut plan = Plan { body, peek, target, edits: Edits::default(), added: Vec::new(), gone: Vec::new() };
    if peek.model != target.model {
        let mut model = Vec::with_capacity(target.model.len() + 2);
        if peek.cuts.form {
            model.extend_from_slice(target.model.as_bytes());
        } else {
            push_string(&mut model, &target.model);
        }
        plan.edits.replace(peek.cuts.model, model);
    }
    if peek.dialect == Dialect::OpenAiChat {
        plan.limit();
        plan.report_usage();
    }
    plan.place_system();
    if peek.dialect == Dialect::OpenAiResponses {
        plan.keep_nothing();
        plan.limit_output();
        plan.drop_foreign();
    }
    plan.drop_unsigned();
    plan.finish()
}

/// What is to change in one body.
pub(super) struct Plan<'a> {
    pub body: &'a Bytes,
    pub peek: &'a Peek,
    pub target: &'a Target,
    pub edits: Edits,
    pub added: Vec<u8>,
    pub gone: Vec<Member>,
}

impl Plan<'_> {
    fn finish(mut self) -> Bytes {
        self.edits.remove(self.body, &mut self.gone);
        if !self.added.is_empty() {
            self.edits.insert(self.peek.cuts.last, self.added);
        }
        if self.edits.is_empty() {
            return self.body.clone();
        }
        Bytes::from(self.edits.apply(self.body))
    }

    /// The limit of answer tokens under the name the server knows; the affordable one where the client gave none.
    fn limit(&mut self) {
        let (old, new) = (self.peek.cuts.max_tokens, self.peek.cuts.max_completion_tokens);
        let wanted = match self.target.max_tokens_field {
            MaxTokensField::MaxTokens => "max_tokens",
            MaxTokensField::AsSent if old.is_some() && new.is_none() => "max_tokens",
            MaxTokensField::MaxCompletionTokens | MaxTokensField::AsSent => "max_completion_tokens",
        };
        let (kept, other) = if wanted == "max_tokens" { (old, new) } else { (new, old) };
        if let Some(other) = other {
            if kept.is_some() {
                self.gone.push(other);
            } else {
                self.edits.replace(other.key, wanted.as_bytes());
            }
        }
        let number = self.peek.max_output.or(self.target.insert_max_tokens);
        let Some(number) = number else { return };
        let number = number.to_string().into_bytes();
        match kept.or(other) {
            // The field that stays may be null, or be the one of two that was null.
            Some(stays) if stays.text(self.body) == b"null" => {
                self.edits.replace(stays.value, number);
            }
            Some(_) => {}
            None => {
                self.added.extend_from_slice(format!(",\"{wanted}\":").as_bytes());
                self.added.extend(number);
            }
        }
    }

    /// Usage is always reported to us, whether the client asked or not (R-WIRE-6).
    fn report_usage(&mut self) {
        const ON: &[u8] = b"\"include_usage\":true";
        let given = self.peek.cuts.stream_options;
        if !self.target.stream_options {
            self.gone.extend(given);
            return;
        }
        if !self.peek.stream || self.peek.asks_usage {
            return;
        }
        let Some(options) = given else {
            self.added.extend_from_slice(b",\"stream_options\":{");
            self.added.extend_from_slice(ON);
            self.added.push(b'}');
            return;
        };
        let value = options.text(self.body);
        if value == b"null" {
            self.edits.replace(options.value, [b"{", ON, b"}"].concat());
            return;
        }
        let at = options.value.0;
        let Ok(mut members) = Members::new(value, 0, 1) else {
            return;
        };
        while let Ok(Some(member)) = members.next() {
            if &*member.name(value) == b"include_usage" {
                let span = (at + member.value.0, at + member.value.1);
                self.edits.replace(span, &b"true"[..]);
                return;
            }
        }
        let comma: &[u8] = if members.last() > 0 { b"," } else { b"" };
        self.edits.insert(at + members.last().max(1), [comma, ON].concat());
    }

    /// Roles change in place, so the order of the conversation and its prompt cache stay.
    fn place_system(&mut self) {
        // Both dialects of this family have the two roles.
        let chat = self.peek.dialect != Dialect::Anthropic;
        for prompter in &self.peek.cuts.prompters {
            let role: &'static [u8] = match self.target.system {
                SystemPlacement::DeveloperInPlace if chat && !prompter.developer => b"\"developer\"",
                SystemPlacement::SystemInPlace if chat && prompter.developer => b"\"system\"",
                SystemPlacement::LeadingOnly if chat && prompter.leading => {
                    if !prompter.developer {
                        continue;
                    }
                    b"\"system\""
                }
                SystemPlacement::LeadingOnly | SystemPlacement::AsUser => b"\"user\"",
                _ => continue,
            };
            self.edits.replace(prompter.role, role);
        }
    }

    /// Thinking that nobody signed came from another kind of upstream in an earlier turn; a Messages server refuses it.
    fn drop_unsigned(&mut self) {
        if self.peek.dialect != Dialect::Anthropic {
            return;
        }
        for (start, end) in &self.peek.cuts.unsigned {
            let next = blank(self.body, *end);
            if self.body.get(next) == Some(&b',') {
                let to = blank(self.body, next + 1);
                self.edits.replace((*start, to), &b""[..]);
            } else {
                // The last block of its message: something must stay there, so a text stands for the thought.
                self.edits.replace((*start, *end), &br#"{"type":"text","text":"."}"#[..]);
            }
        }
    }
}
