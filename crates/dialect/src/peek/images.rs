//! The look at a request for images. In: a body, as JSON or as a form. Out: a `Peek` with what pictures are awaited.
//! Never here: a pixel, what a size means to a model.

use super::fields::{look_alike, model_required, other_spelling};
use super::{Peek, plain};
use crate::images::form::{Part, parts};
use crate::images::{IMAGES_MAX, PictureForm, Pictures, size_of};
use crate::json::{push_string, string_value, whole};
use crate::read::{At, Object, elements};
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind};
use std::borrow::Cow;

/// The fields that these endpoints read, and those they refuse.
const OWN: [&str; 15] = [
    "prompt",
    "n",
    "size",
    "quality",
    "response_format",
    "stream",
    "partial_images",
    "image",
    "images",
    "mask",
    "best_of",
    "messages",
    "input",
    "tools",
    "contents",
];

/// Most images that one request may bring.
const BROUGHT_MAX: u32 = 16;

/// Looks at a body of JSON.
pub(super) fn look(dialect: Dialect, body: &Bytes) -> Result<Peek, Fault> {
    let mut asked = Asked::new(dialect == Dialect::ImageEdits, true);
    let mut peek = plain::look(dialect, body, &OWN, |name, value| asked.take(name, value))?;
    asked.finish(&mut peek)?;
    Ok(peek)
}

/// Looks at a form (`multipart/form-data`), which brings its images as files.
pub(super) fn look_form(content_type: &str, body: &Bytes) -> Result<Peek, Fault> {
    let mut asked = Asked::new(true, false);
    let mut peek = Peek::new(Dialect::ImageEdits);
    peek.asks_usage = false;
    peek.cuts.form = true;
    let mut seen: Vec<String> = Vec::new();
    for part in parts(content_type, body)? {
        let name = &*part.name;
        if matches!(name, "image" | "image[]" | "mask") {
            asked.file(&part)?;
        } else {
            bracketed(name)?;
            look_alike(name.as_bytes())?;
            other_spelling("", name.as_bytes(), &OWN)?;
            asked.field(&part, body, &mut peek)?;
        }
        if seen.contains(&part.name) && name != "image[]" && name != "image" {
            return Err(Fault::invalid(part.name.clone(), format!("`{name}` is given twice.")));
        }
        seen.push(part.name);
    }
    if peek.model.is_empty() {
        return Err(model_required());
    }
    peek.messages = 1;
    peek.prompt_bytes = body.len() as u64;
    asked.finish(&mut peek)?;
    Ok(peek)
}

/// Servers of forms take `quality[]` for `quality`, or the last of both: what is not read here must not be read there.
fn bracketed(name: &str) -> Result<(), Fault> {
    match name.find(['[', ']']) {
        None => Ok(()),
        Some(_) => Err(At::field(name).unsupported("Of the fields of this form only `image[]` has brackets.")),
    }
}

/// What has been read so far.
struct Asked {
    pictures: Pictures,
    /// Whether images may be brought.
    edits: bool,
    json: bool,
    prompt: bool,
    brought: u32,
    masks: u32,
    media_bytes: u64,
}

impl Asked {
    fn new(edits: bool, json: bool) -> Self {
        let pictures = Pictures { count: 1, ..Pictures::default() };
        Self { pictures, edits, json, prompt: false, brought: 0, masks: 0, media_bytes: 0 }
    }

    /// Takes a field by its JSON.
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), Fault> {
        let at = At::field(name);
        if value == b"null" {
            return Ok(());
        }
        match name {
            "prompt" => self.prompt = !word(&at, value)?.trim().is_empty(),
            "n" => {
                let n = whole(value).filter(|n| (1..=IMAGES_MAX).contains(n));
                let n = n.ok_or_else(|| at.refuse(&format!("an integer from 1 to {IMAGES_MAX}")))?;
                self.pictures.count = u32::try_from(n).unwrap_or(1);
            }
            "size" => {
                let size = word(&at, value)?;
                if &*size != "auto" && size_of(&size).is_none() {
                    return Err(at.refuse("auto, or a width and a height in pixels such as 1024x1024"));
                }
                self.pictures.size = Some(size.into_owned());
            }
            "quality" => self.pictures.quality = Some(word(&at, value)?.into_owned()),
            "response_format" => {
                self.pictures.form = match value {
                    b"\"url\"" => PictureForm::Url,
                    b"\"b64_json\"" => PictureForm::Base64,
                    _ => return Err(at.refuse("url or b64_json")),
                };
            }
            "stream" if value == b"false" => {}
            "stream" => {
                return Err(at.unsupported("Images are not streamed here; `stream` must be false."));
            }
            "partial_images" if value == b"0" => {}
            "partial_images" => {
                return Err(at.unsupported("Earlier states of an image are not sent; `partial_images` must be 0."));
            }
            "best_of" if value == b"1" => {}
            "best_of" => return Err(at.unsupported("`best_of` must be 1; use `n`.")),
            "images" if self.edits && self.json => self.images(value)?,
            "mask" if self.edits && self.json => {
                self.source(&at, value)?;
                self.masks += 1;
            }
            "image" if self.edits => return Err(at.refuse("a file of a form; in JSON, send `images`")),
            "image" | "images" | "mask" => {
                return Err(
                    at.unsupported("This endpoint makes images of words alone; send images to images/edits.")
                );
            }
            _ => return Err(at.unsupported(&format!("`{name}` is no field of this endpoint; use `prompt`."))),
        }
        Ok(())
    }

    /// Takes the images that JSON brings.
    fn images(&mut self, value: &[u8]) -> Result<(), Fault> {
        let at = At::field("images");
        let list = elements(value).ok_or_else(|| at.refuse("an array of images"))?;
        for (n, one) in list.into_iter().enumerate() {
            self.source(&at.index(n), one)?;
            self.brought += 1;
        }
        Ok(())
    }

    /// One image: by its address, or by its bytes as a data URL. Files of a provider are not ours to name.
    fn source(&mut self, at: &At<'_>, value: &[u8]) -> Result<(), Fault> {
        let image = Object::read(value, at)?;
        if image.get("file_id").is_some() {
            return Err(at.key("file_id").unsupported("Images are sent by `image_url`, an address or a data URL."));
        }
        let at = at.key("image_url");
        let url = image.str("image_url").ok_or_else(|| at.refuse("an address, or a data URL with base64"))?;
        if url.starts_with("data:") {
            self.media_bytes += url.len() as u64;
        } else if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(at.refuse("an address, or a data URL with base64"));
        }
        Ok(())
    }

    /// Takes a file of a form.
    fn file(&mut self, part: &Part) -> Result<(), Fault> {
        let (from, to) = part.value;
        if !part.file || from == to {
            return Err(At::field(&part.name).refuse("a file"));
        }
        if part.name == "mask" {
            self.masks += 1;
        } else {
            self.brought += 1;
        }
        self.media_bytes += (to - from) as u64;
        Ok(())
    }

    /// Takes a field of a form by its text.
    fn field(&mut self, part: &Part, body: &[u8], peek: &mut Peek) -> Result<(), Fault> {
        let at = At::field(&part.name);
        let raw = &body[part.value.0..part.value.1];
        let text = std::str::from_utf8(raw).ok().filter(|_| !part.file).ok_or_else(|| at.refuse("text"))?;
        match &*part.name {
            "model" => {
                peek.model = text.to_owned();
                peek.cuts.model = part.value;
            }
            "user" | "safety_identifier" => peek.user = Some(text.to_owned()),
            name if OWN.contains(&name) => {
                let bare = matches!(name, "n" | "stream" | "partial_images" | "best_of");
                let mut value = Vec::with_capacity(text.len() + 2);
                if bare {
                    value.extend_from_slice(raw);
                } else {
                    push_string(&mut value, text);
                }
                self.take(name, &value)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What needs several fields.
    fn finish(self, peek: &mut Peek) -> Result<(), Fault> {
        if !self.prompt {
            let told = "`prompt` is required: what the image is to show.";
            return Err(Fault::new(FaultKind::PromptRequired, told).at("prompt"));
        }
        let images = if self.json { "images" } else { "image" };
        if self.edits && !(1..=BROUGHT_MAX).contains(&self.brought) {
            return Err(At::field(images).refuse(&format!("1 to {BROUGHT_MAX} images")));
        }
        peek.media_items = self.brought + self.masks;
        peek.media_bytes = self.media_bytes;
        peek.prompt_bytes = peek.prompt_bytes.saturating_sub(self.media_bytes);
        peek.choices = 1;
        // Images are counted, not tokens of an answer.
        peek.max_output = None;
        peek.pictures = self.pictures;
        Ok(())
    }
}

fn word<'a>(at: &At<'_>, value: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
    string_value(value).ok_or_else(|| at.refuse("a string"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peek::{peek, peek_form};

    const KIND: &str = "multipart/form-data; boundary=x";

    fn looked(dialect: Dialect, body: &str) -> Result<Peek, Fault> {
        peek(dialect, &Bytes::from(body.to_owned()))
    }

    fn form(parts: &[(&str, &str)]) -> Bytes {
        let mut body = String::new();
        for (head, value) in parts {
            body.push_str(&format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n"));
        }
        Bytes::from(body + "--x--\r\n")
    }

    #[test]
    fn r_api_8_what_is_awaited_is_seen() {
        let body = r#"{"model":"m","prompt":"a fox","n":3,"size":"1024x1536","quality":"hd","response_format":"url",
            "stream":false,"user":"u","style":"vivid","partial_images":0,"max_tokens":9}"#;
        let look = looked(Dialect::Images, body).unwrap();
        assert_eq!((look.model.as_str(), look.user.as_deref(), look.stream), ("m", Some("u"), false));
        let expect = Pictures {
            count: 3,
            size: Some("1024x1536".to_owned()),
            quality: Some("hd".to_owned()),
            form: PictureForm::Url,
        };
        assert_eq!(look.pictures, expect);
        assert_eq!((look.choices, look.max_output, look.prompt_bytes), (1, None, body.len() as u64));
        let look = looked(Dialect::Images, r#"{"model":"m","prompt":"a","n":null,"size":null}"#).unwrap();
        assert_eq!(look.pictures, Pictures { count: 1, ..Pictures::default() });
    }

    #[test]
    fn r_api_8_every_refusal_names_its_field() {
        const CAN_NOT: FaultKind = FaultKind::UnsupportedParameter;
        for (more, kind, at) in [
            (r#""n":0"#, FaultKind::InvalidRequest, "n"),
            (r#""n":11"#, FaultKind::InvalidRequest, "n"),
            (r#""n":1.5"#, FaultKind::InvalidRequest, "n"),
            (r#""n":"2""#, FaultKind::InvalidRequest, "n"),
            (r#""n":1,"n":2"#, FaultKind::InvalidRequest, "n"),
            (r#""N":2"#, FaultKind::InvalidRequest, "N"),
            (r#""size":"big""#, FaultKind::InvalidRequest, "size"),
            (r#""size":1024"#, FaultKind::InvalidRequest, "size"),
            (r#""quality":1"#, FaultKind::InvalidRequest, "quality"),
            (r#""response_format":"png""#, FaultKind::InvalidRequest, "response_format"),
            (r#""stream":true"#, CAN_NOT, "stream"),
            (r#""partial_images":2"#, CAN_NOT, "partial_images"),
            (r#""image":"x""#, CAN_NOT, "image"),
            (r#""messages":[]"#, CAN_NOT, "messages"),
        ] {
            let fault = looked(Dialect::Images, &format!(r#"{{"model":"m","prompt":"a",{more}}}"#)).unwrap_err();
            assert_eq!((fault.kind, fault.param.as_deref()), (kind, Some(at)), "{more}");
        }
        for (body, kind, at) in [
            (r#"{"prompt":"a"}"#, FaultKind::ModelRequired, "model"),
            (r#"{"model":"m"}"#, FaultKind::PromptRequired, "prompt"),
            (r#"{"model":"m","prompt":" "}"#, FaultKind::PromptRequired, "prompt"),
            (r#"{"model":"m","prompt":7}"#, FaultKind::InvalidRequest, "prompt"),
        ] {
            let fault = looked(Dialect::Images, body).unwrap_err();
            assert_eq!((fault.kind, fault.param.as_deref()), (kind, Some(at)), "{body}");
        }
    }

    #[test]
    fn r_api_8_edits_bring_images() {
        let edit = |more: &str| looked(Dialect::ImageEdits, &format!(r#"{{"model":"m","prompt":"a",{more}}}"#));
        let data = "data:image/png;base64,AAAA";
        let look = edit(&format!(
            r#""images":[{{"image_url":"{data}"}},{{"image_url":"https://a/b.png"}}],"mask":{{"image_url":"{data}"}}"#
        ))
        .unwrap();
        assert_eq!((look.media_items, look.media_bytes), (3, 2 * data.len() as u64));
        for (more, at) in [
            (r#""n":1"#, "images"),
            (r#""images":[]"#, "images"),
            (r#""images":"x""#, "images"),
            (r#""images":["x"]"#, "images[0]"),
            (r#""images":[{"image_url":"file:///x"}]"#, "images[0].image_url"),
            (r#""images":[{"file_id":"f"}]"#, "images[0].file_id"),
            (r#""mask":{}"#, "mask.image_url"),
            (r#""image":"x""#, "image"),
        ] {
            assert_eq!(edit(more).unwrap_err().param.as_deref(), Some(at), "{more}");
        }
    }

    #[test]
    fn r_api_8_forms_are_looked_at_alike() {
        let good = [
            (r#"name="model""#, "m"),
            (r#"name="image[]"; filename="a.png""#, "\u{1}\u{2}"),
            (r#"name="image[]"; filename="b.png""#, "\u{3}"),
            (r#"name="prompt""#, "a \"fox\""),
            (r#"name="n""#, "2"),
            (r#"name="size""#, "auto"),
            (r#"name="user""#, "u"),
        ];
        let look = peek_form(KIND, &form(&good)).unwrap();
        assert_eq!((look.model.as_str(), look.user.as_deref()), ("m", Some("u")));
        assert_eq!((look.pictures.count, look.pictures.size.as_deref()), (2, Some("auto")));
        assert_eq!((look.media_items, look.media_bytes), (2, 3));
        for (more, at) in [
            ((r#"name="n""#, "11"), "n"),
            ((r#"name="n""#, "2"), "n"),
            ((r#"name="mask""#, "text"), "mask"),
            ((r#"name="stream""#, "true"), "stream"),
            ((r#"name="quality"; filename="a""#, "x"), "quality"),
            ((r#"name="Model""#, "x"), "Model"),
            ((r#"name="messages""#, "x"), "messages"),
            ((r#"name="quality[]""#, "high"), "quality[]"),
            ((r#"name="n[0]""#, "9"), "n[0]"),
            ((r#"name="model[]""#, "x"), "model[]"),
            ((r#"name="service_tier[]""#, "x"), "service_tier[]"),
            ((r#"name="extra[a]""#, "x"), "extra[a]"),
        ] {
            let fault = peek_form(KIND, &form(&[&good[..], &[more]].concat())).unwrap_err();
            assert_eq!(fault.param.as_deref(), Some(at), "{more:?}");
        }
        assert_eq!(peek_form(KIND, &form(&good[1..])).unwrap_err().kind, FaultKind::ModelRequired);
        assert_eq!(peek_form(KIND, &form(&[good[0], good[3]])).unwrap_err().param.as_deref(), Some("image"));
        assert_eq!(peek_form("application/json", &form(&good)).unwrap_err().param.as_deref(), Some("body"));
    }
}
