//! Items that come whole at their end, or only in the whole answer. In: an item's JSON. Out: what was not shown of it before,
//! and its end. Never here: deltas, the end of the answer (ending).

use super::super::item::{Seen, read_item};
use super::super::pass::{Frame, Way};
use super::super::response_event::EventSeen;
use super::super::response_items::write;
use super::ResponsesReader;
use crate::lane::StreamFault;
use crate::openai_responses::event::Spot;
use crate::openai_responses::item::{Form, Part};
use crate::splice::Edits;

impl ResponsesReader {
    pub(super) fn item_done(
        &mut self,
        frame: &Frame<'_>,
        mut seen: EventSeen<'_>,
        way: &mut Way<'_>,
    ) -> Result<(), StreamFault> {
        let item = seen.item_as_is()?;
        let (_, theirs) = seen.names();
        let stem = self.head.id_stem().to_owned();
        let json = &*frame.json;
        let at = match self.items.find(&item.id, theirs) {
            Some(at) if self.items.list[at].whole.is_some() => return Ok(()),
            Some(at) => at,
            None => self.begin_whole(&item, theirs, (&stem, json), way)?,
        };
        let id = self.items.list[at].id.clone();
        let told = self.items.list[at].told();
        let item = seen.item(Some(&id))?;
        item.tell(json, told, way.tally);
        self.mend(at, &item, json, way)?;
        for text in &item.texts {
            let known = &self.items.list[at];
            let list = item.texts.iter().take_while(|other| other.value != text.value);
            let summary = |part: Part| part == Part::Summary;
            let number = list.filter(|other| summary(other.part) == summary(text.part)).count() as u64;
            if let Some(place) = known.place(text.part, number) {
                let shown = known.parts[place].text.clone();
                seen.correct(text.value, &shown);
            }
        }
        if let Some(arguments) = item.arguments.filter(|_| item.is_call()) {
            let shown = self.items.list[at].arguments.clone();
            seen.correct(arguments, &shown);
        }
        seen.name(None, at as u64);
        way.templates.clear();
        let edits = seen.write(frame, "response.output_item.done", way.next, way.out);
        self.items.refused |= item.is_refusal();
        self.items.list[at].whole = Some(edits.apply_within(json, item.span.0, item.span.1));
        Ok(())
    }

    /// Begins an item that is only known whole.
    fn begin_whole(
        &mut self,
        item: &Seen,
        theirs: Option<u64>,
        (stem, json): (&str, &[u8]),
        way: &mut Way<'_>,
    ) -> Result<usize, StreamFault> {
        let at = self.items.begin(item, theirs, stem, json[item.span.0..item.span.1].to_vec())?;
        item.tell_name(way.tally);
        let known = &self.items.list[at];
        let index = at as u64;
        match (known.item(), &known.form) {
            (Some(item), _) => {
                let spot = Spot { item: &item, index, part: 0 };
                write(way.next, way.out, |pen, out| pen.added(spot, out));
            }
            (None, Err(begun)) => {
                write(way.next, way.out, |pen, out| {
                    pen.event("response.output_item.added", out, |event| {
                        event.number("output_index", index);
                        event.key("item").extend_from_slice(begun);
                    });
                });
            }
            (None, Ok(_)) => {}
        }
        Ok(at)
    }

    /// Shows what of a whole item was not shown before, and ends its parts.
    fn mend(&mut self, at: usize, item: &Seen, json: &[u8], way: &mut Way<'_>) -> Result<(), StreamFault> {
        let (mut texts, mut summaries) = (0, 0);
        for text in &item.texts {
            let counter = if text.part == Part::Summary { &mut summaries } else { &mut texts };
            let number = *counter;
            *counter += 1;
            let fits = match &self.items.list[at].form {
                Ok(Form::Message) => matches!(text.part, Part::Text | Part::Refusal),
                Ok(Form::Reasoning) => matches!(text.part, Part::Summary | Part::Thought),
                _ => false,
            };
            if !fits {
                continue;
            }
            let place = self.items.part(at, text.part, number, Some(way))?;
            if self.items.list[at].parts[place].text.is_empty() {
                let inner = &json[text.value.0 + 1..text.value.1 - 1];
                self.items.show(at, Some(place), inner, way);
            }
        }
        if let Some((from, to)) = item.arguments.filter(|_| item.is_call() && !self.items.list[at].argued) {
            self.items.show(at, None, &json[from + 1..to - 1], way);
        }
        self.items.end_parts(at, way.next, way.out);
        Ok(())
    }

    /// An item of the whole answer, in its place there. It is new, or not ended, or only repeats what was said.
    pub(super) fn settle(
        &mut self,
        n: usize,
        start: usize,
        json: &[u8],
        way: &mut Way<'_>,
    ) -> Result<(), StreamFault> {
        let item = read_item(json, start, 3, None, &mut Edits::default())?;
        let by_id = self.items.list.iter().position(|known| !item.id.is_empty() && known.id == item.id);
        let at = match by_id.or_else(|| Some(n).filter(|n| *n < self.items.list.len())) {
            Some(at) if self.items.list[at].whole.is_some() => return Ok(()),
            Some(at) => at,
            None => {
                let stem = self.head.id_stem().to_owned();
                self.begin_whole(&item, None, (&stem, json), way)?
            }
        };
        let id = self.items.list[at].id.clone();
        let told = self.items.list[at].told();
        let mut edits = Edits::default();
        let item = read_item(json, start, 3, Some(&id), &mut edits)?;
        item.tell(json, told, way.tally);
        self.mend(at, &item, json, way)?;
        self.items.refused |= item.is_refusal();
        let known = &mut self.items.list[at];
        // What the deltas said was shown; an item that says something else is written anew.
        let same = item.arguments.is_none_or(|(from, to)| json[from + 1..to - 1] == known.arguments[..]);
        if !same || !told_alike(&item, known, json) {
            self.items.end(at, "completed", way.next, way.out);
            return Ok(());
        }
        edits.sort();
        let whole = edits.apply_within(json, item.span.0, item.span.1);
        write(way.next, way.out, |pen, out| pen.done(&whole, at as u64, out));
        known.whole = Some(whole);
        Ok(())
    }
}

/// Whether the texts of an item are those that its deltas said.
fn told_alike(item: &Seen, known: &super::super::response_items::Known, json: &[u8]) -> bool {
    let told: Vec<&[u8]> = item.texts.iter().map(|text| &json[text.value.0 + 1..text.value.1 - 1]).collect();
    let shown: Vec<&[u8]> = known.parts.iter().map(|part| &part.text[..]).collect();
    known.form.is_err() || told == shown
}
