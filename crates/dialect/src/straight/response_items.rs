//! What a Responses stream has shown of its items so far, so that whatever an upstream leaves out can be written here. In:
//! texts as they pass. Out: items that can be ended. Never here: frames (responses_stream), JSON that is read (item).

use super::item::Seen;
use super::pass::Way;
use crate::json::string_value;
use crate::lane::StreamFault;
use crate::openai_responses::event::{Pen, Spot};
use crate::openai_responses::growth::Source;
use crate::openai_responses::item::{Form, Item, Part};
use bytes::BytesMut;

/// No answer has more items, and no item more parts.
const ITEMS_MAX: usize = 4096;
const PARTS_MAX: usize = 1024;

/// A part of an item.
#[derive(Debug)]
pub(super) struct PartOf {
    pub part: Part,
    /// Its text as it stands between the quotes.
    pub text: Vec<u8>,
    /// Whether the whole of it was told, and whether the part has ended.
    pub said: bool,
    pub ended: bool,
}

/// An item.
#[derive(Debug)]
pub(super) struct Known {
    /// The upstream's number of it.
    pub theirs: Option<u64>,
    pub id: String,
    /// What it is; of kinds that we cannot write, how it began.
    pub form: Result<Form, Vec<u8>>,
    pub parts: Vec<PartOf>,
    pub arguments: Vec<u8>,
    /// Whether any of them were shown, and whether they were told whole.
    pub argued: bool,
    pub arguments_ended: bool,
    /// The whole item, once it has ended.
    pub whole: Option<Vec<u8>>,
}

/// The part that a source's text stands in; `None` for calls.
pub(super) const fn part_of(source: Source) -> Option<Part> {
    match source {
        Source::Text => Some(Part::Text),
        Source::Refusal => Some(Part::Refusal),
        Source::Summary => Some(Part::Summary),
        Source::Thought => Some(Part::Thought),
        Source::Arguments | Source::Input => None,
    }
}

/// What stands between quotes, its escapes undone.
pub(super) fn unquoted(inner: &[u8]) -> String {
    string_value(&[b"\"", inner, b"\""].concat()).unwrap_or_default().into_owned()
}

impl Known {
    /// Whether texts of this kind stand in it.
    pub fn takes(&self, source: Source) -> bool {
        matches!(
            (&self.form, source),
            (Ok(Form::Message), Source::Text | Source::Refusal)
                | (Ok(Form::Reasoning), Source::Summary | Source::Thought)
        ) || matches!((&self.form, source), (Ok(Form::Call(call)), Source::Arguments) if !call.freeform)
            || matches!((&self.form, source), (Ok(Form::Call(call)), Source::Input) if call.freeform)
    }

    /// The place of the part with this number in its list; summaries have a list of their own.
    pub fn place(&self, part: Part, number: u64) -> Option<usize> {
        let summary = |other: Part| (other == Part::Summary) == (part == Part::Summary);
        let list = self.parts.iter().enumerate().filter(|(_, known)| summary(known.part));
        list.map(|(at, _)| at).nth(usize::try_from(number).ok()?)
    }

    /// How many parts stand in the list of such a part.
    pub fn count(&self, part: Part) -> u64 {
        let summary = |other: Part| (other == Part::Summary) == (part == Part::Summary);
        self.parts.iter().filter(|known| summary(known.part)).count() as u64
    }

    /// The item as we would write it; `None` of kinds that we cannot write.
    pub fn item(&self) -> Option<Item> {
        let form = self.form.as_ref().ok()?.clone();
        let parts = self.parts.iter().map(|known| (known.part, unquoted(&known.text))).collect();
        Some(Item { id: self.id.clone(), form, parts, arguments: unquoted(&self.arguments), proof: None })
    }

    /// Whether any text of it was shown.
    pub fn told(&self) -> bool {
        self.argued || self.parts.iter().any(|part| !part.text.is_empty())
    }
}

/// An id for an item that has none.
pub(super) fn made_id(seen: &Seen, stem: &str, place: u64) -> String {
    seen.form().map_or_else(|| format!("item_{stem}_{place}"), |form| Item::new(form, stem, place).id)
}

/// Writes events of ours between those of the upstream.
pub(super) fn write(next: &mut u64, out: &mut BytesMut, with: impl FnOnce(&mut Pen, &mut BytesMut)) {
    let mut pen = Pen::at(*next);
    with(&mut pen, out);
    *next = pen.next();
}

/// The items of a stream.
#[derive(Debug, Default)]
pub(super) struct ItemList {
    pub list: Vec<Known>,
    pub called: bool,
    pub refused: bool,
}

impl ItemList {
    /// The item that an event speaks of: an id says most; an event without both means the last that has not ended.
    pub fn find(&self, id: &str, theirs: Option<u64>) -> Option<usize> {
        let by_id = self.list.iter().rposition(|known| !id.is_empty() && known.id == id);
        by_id.or_else(|| match theirs {
            Some(_) => self.list.iter().rposition(|known| known.theirs == theirs),
            None if id.is_empty() => self.list.iter().rposition(|known| known.whole.is_none()),
            None => None,
        })
    }

    /// Takes note of a new item.
    pub fn push(&mut self, known: Known) -> Result<usize, StreamFault> {
        if self.list.len() >= ITEMS_MAX {
            return Err(StreamFault::TooLong);
        }
        self.list.push(known);
        Ok(self.list.len() - 1)
    }

    /// Takes note of an item that an upstream begins. Without an id it gets one.
    pub fn begin(
        &mut self,
        seen: &Seen,
        theirs: Option<u64>,
        stem: &str,
        begun: Vec<u8>,
    ) -> Result<usize, StreamFault> {
        let at = self.list.len();
        let taken = seen.id.is_empty() || self.find(&seen.id, None).is_some();
        let id = if taken { made_id(seen, stem, at as u64) } else { seen.id.clone() };
        self.called |= seen.is_call();
        self.push(Known {
            theirs: theirs.or(Some(at as u64)),
            id,
            form: seen.form().ok_or(begun),
            parts: Vec::new(),
            arguments: Vec::new(),
            argued: false,
            arguments_ended: false,
            whole: None,
        })
    }

    /// Begins the item that a text belongs to and that was never begun. A call cannot be begun without its name.
    pub fn begin_for(
        &mut self,
        source: Source,
        (id, theirs): (&str, Option<u64>),
        stem: &str,
        way: &mut Way<'_>,
    ) -> Result<usize, StreamFault> {
        let form = match source {
            Source::Text | Source::Refusal => Form::Message,
            Source::Summary | Source::Thought => Form::Reasoning,
            Source::Arguments | Source::Input => return Err(StreamFault::Garbage),
        };
        let at = self.list.len();
        let mut item = Item::new(form.clone(), stem, at as u64);
        if !id.is_empty() {
            id.clone_into(&mut item.id);
        }
        let at = self.push(Known {
            theirs: theirs.or(Some(at as u64)),
            id: item.id.clone(),
            form: Ok(form),
            parts: Vec::new(),
            arguments: Vec::new(),
            argued: false,
            arguments_ended: false,
            whole: None,
        })?;
        write(way.next, way.out, |pen, out| pen.added(Spot { item: &item, index: at as u64, part: 0 }, out));
        way.templates.clear();
        Ok(at)
    }

    /// The place of a part, which begins here if the upstream did not begin it. `None` leaves a gap.
    pub fn part(
        &mut self,
        at: usize,
        part: Part,
        number: u64,
        way: Option<&mut Way<'_>>,
    ) -> Result<usize, StreamFault> {
        let known = &mut self.list[at];
        if let Some(place) = known.place(part, number) {
            return Ok(place);
        }
        if number > known.count(part) || known.parts.len() >= PARTS_MAX {
            return Err(StreamFault::Garbage);
        }
        self.refused |= part == Part::Refusal;
        known.parts.push(PartOf { part, text: Vec::new(), said: false, ended: false });
        let place = known.parts.len() - 1;
        if let (Some(way), Some(item)) = (way, known.item()) {
            let spot = Spot { item: &item, index: at as u64, part: place };
            write(way.next, way.out, |pen, out| pen.part_added(spot, out));
            way.templates.clear();
        }
        Ok(place)
    }

    /// Shows a text that the upstream only told whole. `inner` is what stands between its quotes.
    pub fn show(&mut self, at: usize, place: Option<usize>, inner: &[u8], way: &mut Way<'_>) {
        if inner.is_empty() {
            return;
        }
        let known = &mut self.list[at];
        match place.and_then(|place| known.parts.get_mut(place)) {
            Some(part) => part.text = inner.to_vec(),
            None => {
                known.arguments = inner.to_vec();
                known.argued = true;
            }
        }
        if let Some(item) = known.item() {
            let spot = Spot { item: &item, index: at as u64, part: place.unwrap_or(0) };
            let text = unquoted(inner);
            write(way.next, way.out, |pen, out| pen.delta(spot, &text, out));
        }
    }

    /// Ends the parts of an item that have not ended.
    pub fn end_parts(&mut self, at: usize, next: &mut u64, out: &mut BytesMut) {
        let known = &mut self.list[at];
        let open: Vec<usize> = (0..known.parts.len()).filter(|n| !known.parts[*n].ended).collect();
        let Some(item) = known.item().filter(|_| !open.is_empty()) else {
            return;
        };
        for part in open {
            known.parts[part].ended = true;
            let said = std::mem::replace(&mut known.parts[part].said, true);
            let spot = Spot { item: &item, index: at as u64, part };
            write(next, out, |pen, out| {
                if !said {
                    pen.text_done(spot, out);
                }
                pen.part_done(spot, out);
            });
        }
    }

    /// Ends an item that the upstream did not end.
    pub fn end(&mut self, at: usize, status: &str, next: &mut u64, out: &mut BytesMut) {
        if self.list[at].whole.is_some() {
            return;
        }
        self.end_parts(at, next, out);
        let known = &mut self.list[at];
        let mut whole = Vec::new();
        match (known.item(), &known.form) {
            (Some(item), _) => {
                let spot = Spot { item: &item, index: at as u64, part: 0 };
                if !known.arguments_ended {
                    write(next, out, |pen, out| pen.arguments_done(spot, out));
                }
                item.write_whole(status, &mut whole);
            }
            (None, Err(begun)) => whole.clone_from(begun),
            (None, Ok(_)) => {}
        }
        write(next, out, |pen, out| pen.done(&whole, at as u64, out));
        known.whole = Some(whole);
    }

    /// The items that ended, joined by commas.
    pub fn output(&self) -> Vec<u8> {
        let wholes: Vec<&[u8]> = self.list.iter().filter_map(|known| known.whole.as_deref()).collect();
        wholes.join(&b","[..])
    }
}
