//! Pictures of a server of the client's own dialect, passed on. In: the upstream's body. Out: the same body without what is not
//! ours to tell, what was made, and where the provider keeps it. Never here: a pixel, a picture written anew.

use super::names::{Sieve, once};
use super::usage::{self, is_word};
use crate::count::count;
use crate::fault::UpstreamFault;
use crate::images::{ImagesAnswer, Made, is_address, is_base64, size_of};
use crate::json::{Items, Member, Span, blank, string_value};
use crate::lane::{StreamFault, StreamSpec};
use crate::splice::Edits;
use bytes::Bytes;
use canon::{Dialect, Tally};
use serde_json::Value;
use units::{Class, Usage};

/// A time in seconds has fewer digits; so has one in milliseconds.
const CREATED_DIGITS_MAX: usize = 15;

/// What an answer repeats of the request, and the words it may say; a size is a word of its own.
const SETTINGS: [(&str, &[&str]); 4] = [
    ("background", &["transparent", "opaque", "auto"]),
    ("output_format", &["png", "webp", "jpeg"]),
    ("quality", &["low", "medium", "high", "auto", "standard", "hd"]),
    ("size", &["auto"]),
];

/// Reads an answer.
pub(crate) fn read_images(spec: &StreamSpec, body: &Bytes) -> Result<ImagesAnswer, StreamFault> {
    let mut edits = Edits::default();
    let mut urls = Vec::new();
    let mut top = Sieve::new(body, blank(body, 0), 0)?;
    let (mut created, mut told, mut data) = (None, None, None);
    let mut settings: [Option<Member>; 4] = [None; 4];
    let mut images = 0;
    while let Some(key) = top.key()? {
        let name = &*key.name(body);
        if name == b"data" {
            let mut reader = Reader { body, edits: &mut edits, urls: &mut urls };
            let (found, end) = reader.list(key.value)?;
            images = found;
            once(&mut data, top.done(&key, end))?;
            continue;
        }
        let member = top.skip(&key)?;
        let value = member.text(body);
        match name {
            b"error" if value != b"null" => return Err(upstream(body)),
            b"object" if value == b"\"error\"" => return Err(upstream(body)),
            b"created" if is_time(value) => once(&mut created, member)?,
            b"usage" => once(&mut told, member)?,
            _ => match SETTINGS.iter().position(|(known, words)| known.as_bytes() == name && says(value, words)) {
                Some(n) => once(&mut settings[n], member)?,
                None => top.drop(member),
            },
        }
    }
    if data.is_none() || images == 0 {
        return Err(StreamFault::Garbage);
    }
    if images > spec.images {
        // Another server would only make as many again.
        return Err(StreamFault::TooLong);
    }
    let mut tally = Tally::default();
    let mut counted = Usage::NONE.with(Class::Images, u64::from(images));
    if let Some(member) = told {
        let mut clean = Edits::default();
        match tokens(member.text(body)).filter(|_| usage::clean(body, member.value.0, &usage::IMAGES, &mut clean)) {
            Some(tokens) => {
                counted.merge(&tokens);
                edits.join(clean);
            }
            None => top.drop(member),
        }
    }
    tally.report(&counted);
    if created.is_none() {
        top.set(None, "created", spec.head.created.to_string().into_bytes(), &mut edits);
    }
    let closed = top.close(&mut edits);
    if blank(body, closed.end) < body.len() {
        return Err(StreamFault::Garbage);
    }
    let setting = |n: usize| settings[n].and_then(|member| string_value(member.text(body)));
    let known = |n: usize| setting(n).filter(|word| word != "auto").map(std::borrow::Cow::into_owned);
    let made = Made { count: images, size: known(3), quality: known(2) };
    Ok(ImagesAnswer { body: body.clone(), edits, tally, made, urls })
}

fn is_time(value: &[u8]) -> bool {
    (1..=CREATED_DIGITS_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_digit)
}

fn says(value: &[u8], words: &[&str]) -> bool {
    let size = || words.len() == 1 && string_value(value).is_some_and(|text| size_of(&text).is_some());
    is_word(value, words) || size()
}

fn upstream(body: &[u8]) -> StreamFault {
    StreamFault::Upstream(UpstreamFault::in_stream(Dialect::Images, body.trim_ascii()))
}

/// The tokens of words and pictures, where they are told whole.
fn tokens(json: &[u8]) -> Option<Usage> {
    let value: Value = serde_json::from_slice(json).ok()?;
    let read = |name: &str| value.get(name).and_then(count);
    let usage = Usage::NONE.with(Class::Input, read("input_tokens")?).with(Class::Output, read("output_tokens")?);
    Some(usage).filter(|usage| !usage.is_absurd())
}

struct Reader<'a, 'e> {
    body: &'a [u8],
    edits: &'e mut Edits,
    urls: &'e mut Vec<(Span, String)>,
}

impl Reader<'_, '_> {
    /// Reads `data`; gives how many there are, and the index behind it.
    fn list(&mut self, at: usize) -> Result<(u32, usize), StreamFault> {
        let mut items = Items::new(self.body, at, 1)?;
        let mut found = 0;
        while let Some(start) = items.start()? {
            let end = self.item(start)?;
            items.done(end);
            found += 1;
        }
        Ok((found, items.end()))
    }

    /// Reads one image, and gives the index behind it. It is told by its bytes, by an address, or both ways.
    fn item(&mut self, at: usize) -> Result<usize, StreamFault> {
        let mut item = Sieve::new(self.body, at, 2)?;
        let (mut bytes, mut url, mut words) = (None, None, None);
        while let Some(member) = item.next()? {
            let name = &*member.name(self.body);
            match name {
                b"b64_json" => once(&mut bytes, member)?,
                b"url" => once(&mut url, member)?,
                b"revised_prompt" => once(&mut words, member)?,
                // A picture is no place for an SDK's next field: what else stands here is the provider's own.
                _ => item.drop(member),
            }
        }
        let said = |member: Option<Member>| member.filter(|m| m.text(self.body) != b"null");
        let (bytes, url) = (said(bytes), said(url));
        if let Some(words) = said(words)
            && words.text(self.body).first() != Some(&b'"')
        {
            item.drop(words);
        }
        if bytes.is_none() && url.is_none() {
            return Err(StreamFault::Garbage);
        }
        if let Some(member) = bytes {
            string_value(member.text(self.body)).filter(|text| is_base64(text)).ok_or(StreamFault::Garbage)?;
        }
        if let Some(member) = url {
            let address = string_value(member.text(self.body)).filter(|text| is_address(text));
            self.urls.push((member.value, address.ok_or(StreamFault::Garbage)?.into_owned()));
        }
        Ok(item.close(self.edits).end)
    }
}
