//! A generateContent request decoded. In: the client's body; model and stream are in its path. Out: `canon::Request` without
//! those two, or a fault that names the field. Never here: what a target can do (its encoder), streams.

use super::config::config;
use super::content::{Calls, content, system};
use super::names::camel;
use super::tools::{choice, tools};
use crate::read::{self, At, Object, Takes, raw_json, text};
use canon::{Dialect, Fault, Loss, Request};

/// Decodes a body.
pub(crate) fn request(body: &[u8]) -> Result<(Request, Vec<Loss>), Fault> {
    let mut request = Request::new(Dialect::Gemini, "");
    let mut reader = Reader { request: &mut request, losses: Vec::new() };
    read::request(body, &mut reader)?;
    let losses = reader.losses;
    Ok((request, losses))
}

struct Reader<'r> {
    request: &'r mut Request,
    losses: Vec<Loss>,
}

impl Takes for Reader<'_> {
    fn field(&mut self, name: &str, raw: &[u8]) -> Result<(), Fault> {
        let name = &*camel(name);
        let at = At::field(name);
        let request = &mut *self.request;
        match name {
            // It stands in the path.
            "model" => {}
            "contents" => {
                let mut calls = Calls::default();
                for (n, raw) in super::names::many(raw, &at)?.into_iter().enumerate() {
                    content(request, raw, &at.index(n), &mut calls)?;
                }
            }
            "systemInstruction" => request.system = system(raw, &at)?,
            "tools" => tools(request, raw, &at)?,
            "toolConfig" => choice(request, raw, &at, &mut self.losses)?,
            "generationConfig" => config(request, raw, &at, &mut self.losses)?,
            "cachedContent" => request.demands.push(name.to_owned()),
            "serviceTier" => {
                let tier = text(raw, &at)?.to_ascii_lowercase();
                request.service_tier = Some(tier).filter(|tier| tier != "standard" && tier != "unspecified");
            }
            "safetySettings" | "labels" => {
                self.losses.push(Loss::dropped(name, "the target has no such field"));
            }
            _ => request.extras.push((name.to_owned(), raw_json(raw, &at)?)),
        }
        Ok(())
    }

    fn message(&mut self, _message: &Object<'_>, at: &At<'_>) -> Result<(), Fault> {
        Err(Fault::invalid(at.to_string(), "`messages` is no field of this endpoint; send `contents`."))
    }
}
